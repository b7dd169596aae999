/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The room's own view of an open file: its headers as 64-bit ones whatever its class, its bytes on
 * demand. A header that is not all there, or that claims more than the file has, counts as none.
 */
#ifndef EBPROF_ELF_FILE_H
#define EBPROF_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf/elf.h"

struct elf_chunk;

struct elf_file {
	int fd; /* -1: an image */
	const unsigned char *image;
	uint64_t size; /* of the file, bytes */
	bool is64;
	bool hollow; /* elf_is_hollow(), asked once */
	uint16_t machine;
	Elf64_Phdr *phdrs;
	size_t phdr_cnt;
	Elf64_Shdr *shdrs;
	size_t shdr_cnt;
	size_t names_at; /* number of the section with the sections' names */
	struct elf_chunk *chunks;
	uint64_t chunk_bytes;
};

/* Strings one after the other; the last one ends where the table ends. */
struct elf_strings {
	const char *text;
	size_t size;
};

/* Copies 'size' bytes at a file offset; false when the file does not have them. */
bool elf_read(const struct elf_file *f, uint64_t offset, void *to, size_t size);
/* The same bytes kept until the file is closed; NULL also when it has asked for too much. */
const void *elf_chunk(struct elf_file *f, uint64_t offset, uint64_t size);
/* Room for that many bytes, which is freed with the file; NULL as above. */
void *elf_chunk_new(struct elf_file *f, uint64_t size);
/* What a section holds, decompressed where it is compressed, until the file is closed; NULL = nothing. */
const void *elf_section_bytes(struct elf_file *f, const Elf64_Shdr *sh, size_t *size);
/* In either way; whether its bytes can be had is another question. */
bool elf_is_compressed(struct elf_file *f, const Elf64_Shdr *sh);
/*
 * What elf_section_bytes() takes of a file's room when it decompresses the section, 0 = it does not;
 * and is there room for so many bytes?
 */
uint64_t elf_section_cost(struct elf_file *f, const Elf64_Shdr *sh);
bool elf_has_room(const struct elf_file *f, uint64_t bytes);
/*
 * The header of a section, NULL = none has that number or name. The older way of compression renames
 * sections: .zdebug_info is found as .debug_info.
 */
const Elf64_Shdr *elf_section_at(const struct elf_file *f, uint64_t number);
const Elf64_Shdr *elf_section_named(struct elf_file *f, const char *name);
/* The name of a section, NULL when it has none. */
const char *elf_section_name(struct elf_file *f, const Elf64_Shdr *sh);
/* The file offset of a virtual address; 0 or -ENOENT. 'left': bytes of the segment from there on. */
int elf_offset(const struct elf_file *f, uint64_t vaddr, uint64_t *offset, uint64_t *left);
/* The strings at a file offset; false when there are none. */
bool elf_strings_read(struct elf_file *f, uint64_t offset, uint64_t size, struct elf_strings *s);
/* The string at 'at', NULL when it does not lie inside. */
const char *elf_string(const struct elf_strings *s, uint64_t at);

#endif
