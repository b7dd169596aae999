/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debug information that is kept in files of its own: the debug file of a mapped one, by build ID or
 * by name (.gnu_debuglink), and what several debug files share (.gnu_debugaltlink, made by dwz).
 *
 * 'dirs' are directories like /usr/lib/debug, of ebprof's own root; the list ends in NULL. A mapped
 * file's path is the target's, which may live in another mount namespace, and its sections say what
 * the target wants; so a name that they give is never trusted:
 *   - what is found must be a regular file (nothing else is ever opened), of the same machine, with the
 *     build ID that is wanted, and by name with the right CRC-32;
 *   - the directory of a path counts as the mapped file's own only when the very file, by device and
 *     inode, is there under its name: in another mount namespace it is not. There a symbolic link is
 *     not followed;
 *   - a path that a section gives ends in one of 'dirs', or is the name of a file in its own directory.
 */
#ifndef EBPROF_ELF_DEBUG_FILE_H
#define EBPROF_ELF_DEBUG_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Where distributions put what is stripped off (gdb: --with-separate-debug-dir). */
#define ELF_DEBUG_DIR "/usr/lib/debug"

struct elf_file;

/*
 * Opens the file of debug information with f's build ID below one of 'dirs'. A descriptor, which the
 * caller closes, or -errno; -ESTALE: only files with another build ID are there.
 */
int elf_debug_fd(struct elf_file *f, const char *const *dirs);
/*
 * The same, then by .gnu_debuglink NAME: NAME and .debug/NAME in the directory of
 * 'path' (the mapped file's, "" = not known) and DIR/<directory of path>/NAME. -ENOENT: there is
 * none, -ESTALE: only the wrong one.
 */
int elf_debug_find(struct elf_file *f, const char *path, const char *const *dirs);
/*
 * Opens the file that .gnu_debugaltlink of 'f', a debug file or one that has its own debug
 * information, refers to: DIR/.build-id, its path (a relative one begins at the directory of the file
 * that f's descriptor is open on), and DIR/.dwz for a path that leads through .dwz. As above.
 */
int elf_alt_find(struct elf_file *f, const char *const *dirs);

/* What .gnu_debuglink says: 0, or -ENOENT also when the name is no plain file name or too long. */
int elf_debuglink(struct elf_file *f, char *name, size_t size, uint32_t *crc);
/* What .gnu_debugaltlink says: a path, and a build ID in hex. 0 or -ENOENT. */
int elf_altlink(struct elf_file *f, char *path, size_t path_size, char *id, size_t id_size);

#endif
