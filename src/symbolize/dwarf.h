/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions, inlined ones too, files and lines from the DWARF of one file, versions 2 to 5: addresses
 * in, frames out. No process, path or global is known here, so that a worker without any rights can
 * run it. The file is hostile: it is read, never mapped; every offset is checked; tables, depths and
 * chains have limits. Opening reads the headers of the units and .debug_aranges; a unit is read when
 * an address in it is asked for.
 *
 * Not libdw: elfutils 0.188 finds no unit by address where a compiler writes no .debug_aranges, opens
 * the paths that a file names by itself, knows neither .dwp nor zstd, and trusts libelf's headers
 * (elf/file.c).
 */
#ifndef EBPROF_SYMBOLIZE_DWARF_H
#define EBPROF_SYMBOLIZE_DWARF_H

#include <stddef.h>
#include <stdint.h>

struct dwarf_names;
struct names_frame;

/* Where the rest of the debug information is. A descriptor is borrowed: it stays until the close. */
struct dwarf_options {
	int alt_fd; /* the file of .gnu_debugaltlink, which dwz makes; -1 = none */
	int dwp_fd; /* the package of all .dwo files; -1 = none */
	/*
	 * Opens a .dwo file by the path that the compiler wrote (not to be trusted: it may name
	 * anything): a descriptor, which is closed here, or negative. NULL: none is opened.
	 */
	int (*open)(void *arg, const char *path);
	void *arg;
};

/*
 * From a descriptor or an image, which are borrowed; 'o' may be NULL: nothing but the file. NULL and
 * errno: ENOEXEC no ELF, ENODATA no units, EFBIG too much is compressed, ENOMEM.
 */
struct dwarf_names *dwarf_open(int fd, const struct dwarf_options *o);
struct dwarf_names *dwarf_open_memory(const void *image, size_t size,
                                      const struct dwarf_options *o);
void dwarf_close(struct dwarf_names *d);
/*
 * The functions at a virtual address, the innermost inlined one first (names.h): how many of at most
 * 'max', 0 = nothing is known. One frame without a linkage name: there is a line, but no function is
 * told of, as in assembly. An inlined function that has no name is "[unknown]". The texts live until
 * the close.
 */
size_t dwarf_find(struct dwarf_names *d, uint64_t vaddr, struct names_frame *frames, size_t max);

/* Units whose .dwo was needed for an answer and could not be had: they have lines alone. */
uint32_t dwarf_missing(const struct dwarf_names *d);

/*
 * What to call the function at an address that is no inlined one: DWARF's name if it is mangled, else
 * the symbol table's: of a clone (f.constprop.0) and of a static template DWARF has a shorter name, and
 * of assembly none. Either may be NULL.
 */
const char *dwarf_outer_name(const char *linkage, const char *symbol);

#endif
