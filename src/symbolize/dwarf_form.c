// SPDX-License-Identifier: Apache-2.0
#include "symbolize/dwarf_form.h"

#include <string.h>

#include "symbolize/dwarf_const.h"
#include "symbolize/dwarf_file.h"
#include "symbolize/dwarf_unit.h"

/* Bytes, or DWARF_SIZE_*; forms that are not known vary, and reading them fails. */
static int8_t size_of_form(unsigned int form)
{
	switch (form) {
	case FORM_FLAG_PRESENT:
	case FORM_IMPLICIT_CONST:
		return 0;
	case FORM_DATA1:
	case FORM_REF1:
	case FORM_FLAG:
	case FORM_STRX1:
	case FORM_ADDRX1:
		return 1;
	case FORM_DATA2:
	case FORM_REF2:
	case FORM_STRX2:
	case FORM_ADDRX2:
		return 2;
	case FORM_STRX3:
	case FORM_ADDRX3:
		return 3;
	case FORM_DATA4:
	case FORM_REF4:
	case FORM_STRX4:
	case FORM_ADDRX4:
	case FORM_REF_SUP4:
		return 4;
	case FORM_DATA8:
	case FORM_REF8:
	case FORM_REF_SIG8:
	case FORM_REF_SUP8:
		return 8;
	case FORM_DATA16:
		return 16;
	case FORM_ADDR:
		return DWARF_SIZE_ADDRESS;
	case FORM_STRP:
	case FORM_LINE_STRP:
	case FORM_STRP_SUP:
	case FORM_SEC_OFFSET:
	case FORM_GNU_REF_ALT:
	case FORM_GNU_STRP_ALT:
		return DWARF_SIZE_OFFSET;
	default:
		return DWARF_SIZE_VARIES;
	}
}

struct dwarf_attr dwarf_attr_of(uint64_t form)
{
	struct dwarf_attr a = { .form = form <= UINT16_MAX ? (uint16_t)form : 0 };

	a.size = size_of_form(a.form);
	return a;
}

/* Forms whose size is written there, or depends on the version. */
static bool varying_read(struct dwarf_cursor *c, const struct dwarf_unit *u, struct dwarf_value *v)
{
	switch (v->form) {
	case FORM_UDATA:
	case FORM_REF_UDATA:
	case FORM_STRX:
	case FORM_ADDRX:
	case FORM_LOCLISTX:
	case FORM_RNGLISTX:
	case FORM_GNU_ADDR_INDEX:
	case FORM_GNU_STR_INDEX:
		v->number = dwarf_uleb(c);
		break;
	case FORM_SDATA:
		v->number = (uint64_t)dwarf_sleb(c);
		break;
	case FORM_REF_ADDR: /* DWARF 2 took it for an address */
		v->number = dwarf_uint(c, u->version > 2 ? u->offset_size : u->address_size);
		break;
	case FORM_STRING:
		v->text = dwarf_text(c);
		break;
	case FORM_BLOCK1:
		dwarf_skip(c, dwarf_uint(c, 1));
		break;
	case FORM_BLOCK2:
		dwarf_skip(c, dwarf_uint(c, 2));
		break;
	case FORM_BLOCK4:
		dwarf_skip(c, dwarf_uint(c, 4));
		break;
	case FORM_BLOCK:
	case FORM_EXPRLOC:
		dwarf_skip(c, dwarf_uleb(c));
		break;
	default:
		return false;
	}
	return !c->bad;
}

bool dwarf_form_read(struct dwarf_cursor *c, const struct dwarf_unit *u, const struct dwarf_attr *a,
                     struct dwarf_value *v)
{
	int size = a->size;

	*v = (struct dwarf_value){ .form = a->form };
	if (v->form == FORM_INDIRECT) {
		v->form = dwarf_attr_of(dwarf_uleb(c)).form;
		if (v->form == FORM_INDIRECT || v->form == FORM_IMPLICIT_CONST)
			return false;
		size = size_of_form(v->form);
	}
	if (size == DWARF_SIZE_VARIES)
		return varying_read(c, u, v);
	if (size == DWARF_SIZE_OFFSET || size == DWARF_SIZE_ADDRESS)
		size = size == DWARF_SIZE_OFFSET ? u->offset_size : u->address_size;
	if (!size)
		v->number = v->form == FORM_IMPLICIT_CONST ? (uint64_t)a->implicit : 1;
	else if (size <= 8)
		v->number = dwarf_uint(c, (unsigned int)size);
	else
		dwarf_skip(c, (uint64_t)size);
	return !c->bad;
}

bool dwarf_die_read(struct dwarf_cursor *c, const struct dwarf_unit *u,
                    const struct dwarf_abbrev *abbrev, struct dwarf_die *die)
{
	struct dwarf_value other;
	uint32_t i;

	memset(die, 0, sizeof(*die));
	die->abbrev = abbrev;
	for (i = 0; i < abbrev->attr_cnt; i++) {
		const struct dwarf_attr *a = &abbrev->attrs[i];

		if (!dwarf_form_read(c, u, a, a->slot ? &die->values[a->slot] : &other))
			return false;
	}
	return true;
}

bool dwarf_die_skip(struct dwarf_cursor *c, const struct dwarf_unit *u,
                    const struct dwarf_abbrev *abbrev)
{
	struct dwarf_value v;
	uint32_t i;

	if (abbrev->fixed) {
		dwarf_skip(c, abbrev->bytes + (uint64_t)abbrev->offsets * u->offset_size +
		                      (uint64_t)abbrev->addresses * u->address_size);
		return !c->bad;
	}
	for (i = 0; i < abbrev->attr_cnt; i++)
		if (!dwarf_form_read(c, u, &abbrev->attrs[i], &v))
			return false;
	return true;
}

static const char *numbered_text(const struct dwarf_unit *u, uint64_t number)
{
	struct dwarf_cursor c;

	if (number > UINT32_MAX ||
	    !dwarf_part(u->file, DWARF_STR_OFFSETS, u->str_offsets_base + number * u->offset_size,
	                u->offset_size, &c))
		return NULL;
	return dwarf_string(u->file, DWARF_STR, dwarf_uint(&c, u->offset_size));
}

const char *dwarf_value_text(const struct dwarf_unit *u, const struct dwarf_value *v)
{
	switch (v->form) {
	case FORM_STRING:
		return v->text;
	case FORM_STRP:
		return dwarf_string(u->file, DWARF_STR, v->number);
	case FORM_LINE_STRP:
		return dwarf_string(u->file, DWARF_LINE_STR, v->number);
	case FORM_STRP_SUP:
	case FORM_GNU_STRP_ALT:
		return u->file->alt ? dwarf_string(u->file->alt, DWARF_STR, v->number) : NULL;
	case FORM_STRX:
	case FORM_STRX1:
	case FORM_STRX2:
	case FORM_STRX3:
	case FORM_STRX4:
	case FORM_GNU_STR_INDEX:
		return numbered_text(u, v->number);
	default:
		return NULL;
	}
}

bool dwarf_address(const struct dwarf_unit *u, uint64_t number, uint64_t *address)
{
	const struct dwarf_unit *of = u->skeleton ? u->skeleton : u;
	struct dwarf_cursor c;

	if (number > UINT32_MAX ||
	    !dwarf_part(of->file, DWARF_ADDR, of->addr_base + number * of->address_size,
	                of->address_size, &c))
		return false;
	*address = dwarf_uint(&c, of->address_size);
	return true;
}

bool dwarf_value_is_address(const struct dwarf_value *v)
{
	return v->form == FORM_ADDR || v->form == FORM_ADDRX || v->form == FORM_GNU_ADDR_INDEX ||
	       (v->form >= FORM_ADDRX1 && v->form <= FORM_ADDRX4);
}

bool dwarf_value_address(const struct dwarf_unit *u, const struct dwarf_value *v, uint64_t *address)
{
	if (!dwarf_value_is_address(v))
		return false;
	if (v->form != FORM_ADDR)
		return dwarf_address(u, v->number, address);
	*address = v->number;
	return true;
}

struct dwarf_unit *dwarf_value_ref(struct dwarf_unit *u, const struct dwarf_value *v,
                                   uint64_t *offset)
{
	*offset = v->number;
	switch (v->form) {
	case FORM_REF1:
	case FORM_REF2:
	case FORM_REF4:
	case FORM_REF8:
	case FORM_REF_UDATA:
		*offset += u->offset;
		return v->number < u->end - u->offset ? u : NULL;
	case FORM_REF_ADDR:
		return dwarf_unit_at(u->file, *offset);
	case FORM_REF_SUP4:
	case FORM_REF_SUP8:
	case FORM_GNU_REF_ALT:
		return u->file->alt ? dwarf_unit_at(u->file->alt, *offset) : NULL;
	default:
		return NULL;
	}
}
