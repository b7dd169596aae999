// SPDX-License-Identifier: Apache-2.0
/* Every operation, augmentation and encoding of call frame information, and broken ones, by hand. */
#include "elf/tables.h"

#include <errno.h>

/* A program of an FDE of 0x1000 to 0x1100, and the rows that it makes. */
struct program_case {
	const char *program, *rows;
};

static const struct program_case programs[] = {
	{ "", "1000:r7+8 ra@-8 1100:none" },
	{ "000000", "1000:r7+8 ra@-8 1100:none" },
	/* advance_loc, def_cfa_offset, offset of rbp and of rbx, def_cfa_register, def_cfa */
	{ "41 0e10 8602 43 0d06 8303 42 0c0708",
	  "1000:r7+8 ra@-8 1001:r7+16 fp@-16 ra@-8 1004:r6+16 fp@-16 ra@-8 1006:r7+8 fp@-16 ra@-8 "
	  "1100:none" },
	/* advance_loc1, 2, 4, MIPS_advance_loc8 */
	{ "0210 0e10", "1000:r7+8 ra@-8 1010:r7+16 ra@-8 1100:none" },
	{ "031000 0e10", "1000:r7+8 ra@-8 1010:r7+16 ra@-8 1100:none" },
	{ "0410000000 0e10", "1000:r7+8 ra@-8 1010:r7+16 ra@-8 1100:none" },
	{ "1d1000000000000000 0e10", "1000:r7+8 ra@-8 1010:r7+16 ra@-8 1100:none" },
	/* by nothing, and to or past the end */
	{ "0e10 40 0e18 0200 0e20", "1000:r7+32 ra@-8 1100:none" },
	{ "0200 0e10 03ff00 0e18", "1000:r7+16 ra@-8 10ff:r7+24 ra@-8 1100:none" },
	{ "030001 0e10", "1000:r7+8 ra@-8 1100:none" },
	{ "04ffffffff 0e10", "1000:r7+8 ra@-8 1100:none" },
	{ "1dffffffffffffffff 0e10", "1000:r7+8 ra@-8 1100:none" },
	/* equal rows are one */
	{ "44 0e10 44 0e10 44 0e08", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 100c:r7+8 ra@-8 1100:none" },
	/* def_cfa_sf, def_cfa_offset_sf */
	{ "44 12077e", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	{ "44 137d", "1000:r7+8 ra@-8 1004:r7+24 ra@-8 1100:none" },
	/* offsets of two bytes and of too many */
	{ "44 0e8008", "1000:r7+8 ra@-8 1004:r7+1024 ra@-8 1100:none" },
	{ "44 0effffffff07", "1000:r7+8 ra@-8 1004:r7+2147483647 ra@-8 1100:none" },
	{ "44 0effffffff0f", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 0effffffffffffffffff01", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	/* all 16 registers can be the CFA's, no other */
	{ "44 0c0008 44 0c0f00", "1000:r7+8 ra@-8 1004:r0+8 ra@-8 1008:r15+0 ra@-8 1100:none" },
	{ "44 0c1008 44 0c0708", "1000:r7+8 ra@-8 1004:unsupported 1008:r7+8 ra@-8 1100:none" },
	{ "44 0dff7f", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	/* offset_extended, its signed and its negative form */
	{ "44 050602", "1000:r7+8 ra@-8 1004:r7+8 fp@-16 ra@-8 1100:none" },
	{ "44 11067e", "1000:r7+8 ra@-8 1004:r7+8 fp@16 ra@-8 1100:none" },
	{ "44 2f0602", "1000:r7+8 ra@-8 1004:r7+8 fp@16 ra@-8 1100:none" },
	{ "44 0506ffff03", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	{ "44 0506ffffffffff03", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	/* restore, restore_extended, same_value, undefined, register */
	{ "44 8602 44 c6", "1000:r7+8 ra@-8 1004:r7+8 fp@-16 ra@-8 1008:r7+8 ra@-8 1100:none" },
	{ "44 8602 44 0606", "1000:r7+8 ra@-8 1004:r7+8 fp@-16 ra@-8 1008:r7+8 ra@-8 1100:none" },
	{ "44 8602 44 0806", "1000:r7+8 ra@-8 1004:r7+8 fp@-16 ra@-8 1008:r7+8 ra@-8 1100:none" },
	{ "44 0706", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	{ "44 09060c", "1000:r7+8 ra@-8 1004:r7+8 fp=r12 ra@-8 1100:none" },
	{ "44 090611", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	/* the return address: undefined, in rdi, elsewhere, restored, as in the caller, by a value */
	{ "0710", "1000:stop 1100:none" },
	{ "44 0710 44 d0", "1000:r7+8 ra@-8 1004:stop 1008:r7+8 ra@-8 1100:none" },
	{ "44 091005", "1000:r7+8 ra@-8 1004:r7+8 ra=r5 1100:none" },
	{ "44 9003", "1000:r7+8 ra@-8 1004:r7+8 ra@-24 1100:none" },
	{ "44 0810", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 141001", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	/* val_offset, val_offset_sf, val_expression of rbp; GNU_args_size */
	{ "44 140602", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	{ "44 15067e", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	{ "44 160602 7600", "1000:r7+8 ra@-8 1004:r7+8 fp? ra@-8 1100:none" },
	{ "44 2e10 0e10", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	/* remember and restore, the CFA too; the location stays */
	{ "44 0e10 8602 0a 44 0e18 0a 44 0e20 44 0b 44 0b",
	  "1000:r7+8 ra@-8 1004:r7+16 fp@-16 ra@-8 1008:r7+24 fp@-16 ra@-8 100c:r7+32 fp@-16 ra@-8 "
	  "1010:r7+24 fp@-16 ra@-8 1014:r7+16 fp@-16 ra@-8 1100:none" },
	{ "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a 44 0b 0e10",
	  "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	{ "44 0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a 44 0b",
	  "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 0b 44 0e10", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	/* the caller's stack pointer has a rule of its own, as in longjmp; or is CFA + 0 */
	{ "44 090708 44 c7", "1000:r7+8 ra@-8 1004:unsupported 1008:r7+8 ra@-8 1100:none" },
	{ "44 8703 44 0807", "1000:r7+8 ra@-8 1004:unsupported 1008:r7+8 ra@-8 1100:none" },
	{ "44 140700 0e10", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	{ "44 140701 0e10", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	/* set_loc, relative to itself: past the end */
	{ "44 0e10 01 f0ffffff 0e18", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	/* nops between, at the end, and zeros that are operands of the last operation */
	{ "00 41 0000 0e10 00 00000000 00000000 42 0e18 0000",
	  "1000:r7+8 ra@-8 1001:r7+16 ra@-8 1003:r7+24 ra@-8 1100:none" },
	{ "44 0e00", "1000:r7+8 ra@-8 1004:r7+0 ra@-8 1100:none" },
	{ "44 0e80", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 44 0e80", "1000:r7+8 ra@-8 1008:r7+0 ra@-8 1100:none" },
	{ "44 0e10 44 2e00 00", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	{ "44 0e10 44 2e00", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none" },
	/* the frame pointer's place has one byte, two, or is its own slot */
	{ "44 867f 44 868001 44 8600",
	  "1000:r7+8 ra@-8 1004:r7+8 fp@-1016 ra@-8 1008:r7+8 fp@-1024 ra@-8 100c:r7+8 fp@0 ra@-8 "
	  "1100:none" },
	/* unknown, or cut off: the last ones by the end of the record */
	{ "44 44 0e", "1000:r7+8 ra@-8 1008:unsupported 1100:none" },
	{ "44 44 02", "1000:r7+8 ra@-8 1008:unsupported 1100:none" },
	{ "44 03 10", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 44 86", "1000:r7+8 ra@-8 1008:unsupported 1100:none" },
	{ "44 3f 44 0e10", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 2d 44 0e10", "1000:r7+8 ra@-8 1004:unsupported 1100:none" },
	{ "44 0e10 44 0c 0780", "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1008:unsupported 1100:none" },
};

/* Expressions of the CFA, at 0x1004. */
static const struct program_case expressions[] = {
	{ "0f0b 7708 8000 3f1a3b2a332422", "plt11 ra@-8" },
	{ "0f0b 7708 8000 3f1a3a2a332422", "plt10 ra@-8" },
	{ "0f0b 7708 8000 3f1a3c2a332422", "unsupported" },
	{ "0f0a 7708 8000 3f1a3b2a3324", "unsupported" },
	{ "0f03 765806", "*(r6-40)+0 ra@-8" },
	{ "0f06 7798010623 08", "*(r7+152)+8 ra@-8" },
	{ "0f07 7710 06 2308 2310", "*(r7+16)+24 ra@-8" },
	{ "0f05 7710 06 3822", "*(r7+16)+8 ra@-8" },
	{ "0f05 7710 06 381c", "*(r7+16)-8 ra@-8" },
	{ "0f06 7710 06 080822", "*(r7+16)+8 ra@-8" },
	{ "0f06 7710 06 09f822", "*(r7+16)-8 ra@-8" },
	{ "0f06 7710 06 100822", "*(r7+16)+8 ra@-8" },
	{ "0f06 7710 06 117822", "*(r7+16)-8 ra@-8" },
	{ "0f07 7710 06 0a0001 22", "*(r7+16)+256 ra@-8" },
	{ "0f07 7710 06 0b00ff 22", "*(r7+16)-256 ra@-8" },
	{ "0f09 7710 06 0c00010000 22", "*(r7+16)+256 ra@-8" },
	{ "0f09 7710 06 0d00ffffff 22", "*(r7+16)-256 ra@-8" },
	{ "0f03 920c08", "r12+8 ra@-8" },
	{ "0f02 7f08", "r15+8 ra@-8" },
	{ "0f04 7708 2308", "r7+16 ra@-8" },
	/* too far, twice, another register, no register, cut off, nothing */
	{ "0f07 7710 06 23 808002", "unsupported" },
	{ "0f04 7708 0606", "unsupported" },
	{ "0f03 801006", "unsupported" },
	{ "0f03 92ff08", "unsupported" },
	{ "0f02 3806", "unsupported" },
	{ "0f04 7708 0623", "unsupported" },
	{ "0f02 7788", "unsupported" },
	{ "0f05 7710 06 3824", "unsupported" },
	{ "0f0a 7708 7900 381e22 06 2308", "index:*(r7+8*r9+8)+8 ra@-8" },
	{ "0f08 7768 7000 381e22 06", "index:*(r7+8*r0-24)+0 ra@-8" },
	{ "0f0b 7708 79001f381e2206 2308", "unsupported" },
	{ "0f08 7608 7900 381e22 06", "unsupported" },
	{ "0f08 7708 7901 381e22 06", "unsupported" },
	{ "0f08 7708 7900 341e22 06", "unsupported" },
	{ "0f08 7708 7900 381e1c 06", "unsupported" },
	{ "0f07 7708 7900 381e22", "unsupported" },
	{ "0f06 7708 7900 381e", "unsupported" },
	{ "0f04 7708 7900", "unsupported" },
	{ "0f03 7708 79", "unsupported" },
	{ "0f07 778080808010 06", "unsupported" },
	{ "0f0b 77ffffffffffffffff7f 06", "*(r7-1)+0 ra@-8" },
	{ "0f00", "unsupported" },
	/* changed by what changes a register and an offset */
	{ "0f03 765806 0e10", "unsupported" },
	{ "0f03 765806 0d06", "unsupported" },
	{ "0f03 765806 0c0710", "r7+16 ra@-8" },
	/* where rbp is saved; other registers do not matter */
	{ "1006027600", "r7+8 fp@(fp) ra@-8" },
	{ "1006027608", "r7+8 fp? ra@-8" },
	{ "1006027700", "r7+8 fp? ra@-8" },
	{ "1003027600 0e10", "r7+16 ra@-8" },
	{ "1010027600", "unsupported" },
	{ "10060976", "unsupported" },
};

static void test_operations(void **state)
{
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct bytes b = { .size = 0 };

		put_cie(&b);
		put_fde(&b, 0, TEXT, 0x100, programs[i].program);
		expect_rows(&b, NULL, programs[i].rows);
	}
}

static void test_expressions(void **state)
{
	char program[128], want[128];
	size_t i;

	for (i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		struct bytes b = { .size = 0 };

		snprintf(program, sizeof(program), "44 %s", expressions[i].program);
		snprintf(want, sizeof(want), "1000:r7+8 ra@-8 1004:%s 1100:none",
		         expressions[i].rows);
		put_cie(&b);
		put_fde(&b, 0, TEXT, 0x100, program);
		expect_rows(&b, NULL, want);
	}
}

/* A CIE by its bytes from the version on, and an FDE with its addresses and augmentation in hex. */
static void expect_pair(const char *cie, const char *fde, const char *want)
{
	struct bytes b = { .size = 0 };
	size_t at = record_start(&b, 0);

	put_hex(&b, cie);
	record_end(&b, at);
	at = record_start(&b, (uint32_t)(b.size + 4));
	put_hex(&b, fde);
	record_end(&b, at);
	expect_rows(&b, NULL, want);
}

#define RULE  "0c0708 9001"
#define PLAIN "1000:r7+8 ra@-8 1100:none"

static void test_augmentations(void **state)
{
	const char *absolute = "0010000000000000 0001000000000000";
	const char *signed4 = "00100000 00010000 00";

	expect_pair("01 00 01 78 10" RULE, absolute, PLAIN);
	expect_pair("03 00 01 78 10" RULE, absolute, PLAIN);
	expect_pair("03 00 01 78 9000" RULE, absolute, PLAIN);
	expect_pair("04 00 0800 01 78 10" RULE, absolute, PLAIN);
	expect_pair("01 656800 1122334455667788 01 78 10" RULE, absolute, PLAIN);
	expect_pair("01 7a5200 01 78 10 01 0b" RULE, signed4, PLAIN);
	/* augmentation data of a CIE and of an FDE that says more than the letters do */
	expect_pair("01 7a5200 01 78 10 04 0b 112233" RULE, "00100000 00010000 03 112233 44 0e10",
	            "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none");
	/* a personality in 4 bytes relative, indirect; in 8; LSDA */
	expect_pair("01 7a504c5200 01 78 10 07 9b11223344 1b 0b" RULE,
	            "00100000 00010000 04 11223344", PLAIN);
	expect_pair("01 7a504c5200 01 78 10 0b 001122334455667788 1b 0b" RULE,
	            "00100000 00010000 04 11223344", PLAIN);
	expect_pair("01 7a52504c00 01 78 10 07 0b 0311223344 03" RULE,
	            "00100000 00010000 04 11223344", PLAIN);
	expect_pair("01 7a524200 01 78 10 01 0b" RULE, signed4, PLAIN);
	/* of a signal handler's caller: a byte early; with the form of the kernel's frame */
	expect_pair("01 7a525300 01 78 10 01 0b" RULE, "50100000 00010000 00",
	            "104f:r7+8 ra@-8 1150:none");
	expect_pair("01 7a525300 01 78 10 01 0b 0f0477a00106 1010 0377a801", "50100000 00010000 00",
	            "104f:signal 1150:none");
	expect_pair("01 7a525300 01 78 10 01 0b 0f0477a80106 1010 0377a801", "50100000 00010000 00",
	            "104f:unsupported 1150:none");
	/* the column of the return address is another */
	expect_pair("01 7a5200 01 78 11 01 0b 0c0708 9101", signed4, PLAIN);
	/* factors */
	expect_pair("01 7a5200 04 7c 10 01 0b 0c0708 9002", "00100000 00010000 00 44 0e10 8604",
	            "1000:r7+8 ra@-8 1010:r7+16 fp@-16 ra@-8 1100:none");
	/* nothing is said about the return address */
	expect_pair("01 7a5200 01 78 10 01 0b 0c0708", signed4, "1000:unsupported 1100:none");
}

static void test_encodings(void **state)
{
	static const char *const good[] = { "00 0010000000000000 0001000000000000 00",
		                            "01 8020 8002 00",
		                            "02 0010 0001 00",
		                            "03 00100000 00010000 00",
		                            "04 0010000000000000 0001000000000000 00",
		                            "08 0010000000000000 0001000000000000 00",
		                            "09 8020 8002 00",
		                            "0a 0010 0001 00",
		                            "0b 00100000 00010000 00",
		                            "0c 0010000000000000 0001000000000000 00",
		                            "1b e00fffff 00010000 00" };
	/* omitted, indirect, relative to what is not known, no format */
	static const char *const bad[] = { "ff 00100000 00010000 00",
		                           "8b 00100000 00010000 00",
		                           "9b 00100000 00010000 00",
		                           "2b 00100000 00010000 00",
		                           "3b 00100000 00010000 00",
		                           "4b 00100000 00010000 00",
		                           "50 0010000000000000 0001000000000000 00",
		                           "05 00100000 00010000 00" };
	char cie[64];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(cie, sizeof(cie), "01 7a5200 01 78 10 01 %.2s" RULE, good[i]);
		expect_pair(cie, good[i] + 3, PLAIN);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(cie, sizeof(cie), "01 7a5200 01 78 10 01 %.2s" RULE, bad[i]);
		expect_pair(cie, bad[i] + 3, "");
	}
}

/* CIEs that cannot be understood: what depends on them has no rows, and nothing else does. */
static void test_broken_cies(void **state)
{
	static const char *const bad[] = { "02 7a5200 01 78 10 01 0b" RULE,
		                           "05 7a5200 01 78 10 01 0b" RULE,
		                           "04 7a5200 0400 01 78 10 01 0b",
		                           "04 7a5200 0801 01 78 10 01 0b",
		                           "01 7a5900 01 78 10 01 0b" RULE,
		                           "01 7a5200 8002 78 10 01 0b" RULE,
		                           "01 7a5200 01 808002 10 01 0b",
		                           "03 7a5200 01 78 8002 01 0b" RULE,
		                           "01 7a5200 01 78 10 ff 0b" RULE,
		                           "01 7a5200 01 78 10 01 0b 41" RULE,
		                           "01 7a5200 01 78 10 01 0b 0b",
		                           "01 7a5200 01 78 10 00" RULE,
		                           "01 41414141414141414141414141414141414100",
		                           "01",
		                           "",
		                           "01 7a5a",
		                           "01 7a505200 01 78 10 02 000b" };
	size_t i, at;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct bytes b = { .size = 0 };
		size_t cie;
		struct elf_rows rows;

		at = record_start(&b, 0);
		put_hex(&b, bad[i]);
		record_end(&b, at);
		put_fde(&b, 0, TEXT, 0x100, "");
		assert_int_equal(build(&b, NULL, &rows), -EINVAL);
		cie = b.size;
		put_cie(&b);
		put_fde(&b, cie, TEXT + 0x200, 0x100, "");
		expect_rows(&b, NULL, "1200:r7+8 ra@-8 1300:none");
	}
}

static void test_set_loc(void **state)
{
	/* absolute addresses of 4 bytes */
	expect_pair("01 7a5200 01 78 10 01 03" RULE, "00100000 00010000 00 01 10100000 0e10",
	            "1000:r7+8 ra@-8 1010:r7+16 ra@-8 1100:none");
	expect_pair("01 7a5200 01 78 10 01 03" RULE, "00100000 00010000 00 01 ffffffff 0e10",
	            PLAIN);
	expect_pair("01 7a5200 01 78 10 01 03" RULE,
	            "00100000 00010000 00 44 0e10 01 00100000 0e18",
	            "1000:r7+8 ra@-8 1004:unsupported 1100:none");
	expect_pair("01 7a5200 01 78 10 01 03" RULE, "00100000 00010000 00 44 0e10 01 0010",
	            "1000:r7+8 ra@-8 1004:unsupported 1100:none");
}

/* .debug_frame of 32 and of 64 bits, where .eh_frame has nothing. */
static void test_debug_frame(void **state)
{
	struct bytes d = { .size = 0 }, eh = { .size = 0 };
	size_t at = record_start(&d, 0xffffffff);

	put_hex(&d, "04 00 0800 01 78 10" RULE);
	record_end(&d, at);
	at = record_start(&d, 0);
	put_hex(&d, "0010000000000000 0001000000000000 44 0e10");
	record_end(&d, at);
	at = d.size;
	put(&d, 0xffffffff, 4);
	put(&d, 24, 8);
	put(&d, UINT64_MAX, 8);
	put_hex(&d, "03 00 01 78 10" RULE "000000000000");
	put(&d, 0xffffffff, 4);
	put(&d, 27, 8);
	put(&d, at, 8);
	put_hex(&d, "0014000000000000 0001000000000000 44 0e20");
	expect_rows(NULL, &d,
	            "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none 1400:r7+8 ra@-8 1404:r7+32 ra@-8 "
	            "1500:none");
	put_cie(&eh);
	put_fde(&eh, 0, 0x13f0, 0x20, "0e30");
	expect_rows(&eh, &d,
	            "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1100:none 13f0:r7+48 ra@-8 1410:none");
	eh.size = 0;
	put_cie(&eh);
	put_fde(&eh, 0, 0x1080, 0x20, "0e30");
	expect_rows(&eh, &d,
	            "1000:r7+8 ra@-8 1004:r7+16 ra@-8 1080:r7+48 ra@-8 10a0:none 1400:r7+8 ra@-8 "
	            "1404:r7+32 ra@-8 1500:none");
}

/* Records that are cut off anywhere: the rows of those in front of them stay. */
static void test_cut_off(void **state)
{
	struct bytes b = { .size = 0 };
	size_t first, whole;
	struct elf_rows rows;

	put_cie(&b);
	put_fde(&b, 0, TEXT, 0x100, "44 0e10");
	first = b.size;
	put_fde(&b, 0, TEXT + 0x100, 0x100, "44 0e20");
	whole = b.size;
	for (b.size = 1; b.size < whole; b.size++) {
		int err = build(&b, NULL, &rows);

		assert_true(err == 0 || (err == -EINVAL && b.size < first));
		check_rows(&rows);
		assert_int_equal(rows.fdes, b.size >= first);
		elf_rows_release(&rows);
	}
}

/* Every byte as every other one: never a row outside the code, never out of order. */
static void test_changed_bytes(void **state)
{
	struct bytes b = { .size = 0 };
	size_t i, size;
	uint8_t *image;
	int v;

	put_cie(&b);
	put_fde(&b, 0, TEXT, 0x100, "44 0e10 8602 0a 44 0d06 0f03 765806 0b");
	put_fde(&b, 0, TEXT + 0x80, 0x100, "0210 0f0b 7708 8000 3f1a3b2a332422 10060276 00");
	image = make_image(&b, NULL, &size);
	for (i = 0; i < b.size; i++)
		for (v = 0; v < 256; v++) {
			struct elf_rows rows;
			uint8_t was = image[0x800 + i];

			image[0x800 + i] = (uint8_t)v;
			if (!build_image(image, size, &rows))
				check_rows(&rows);
			if (rows.cnt) {
				assert_true(rows.items[0].address >= TEXT);
				assert_true(rows.items[rows.cnt - 1].address <= TEXT_END);
			}
			elf_rows_release(&rows);
			image[0x800 + i] = was;
		}
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),    cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_augmentations), cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_broken_cies),   cmocka_unit_test(test_set_loc),
		cmocka_unit_test(test_debug_frame),   cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_changed_bytes),
	};

	return cmocka_run_group_tests_name("cfi", tests, NULL, NULL);
}
