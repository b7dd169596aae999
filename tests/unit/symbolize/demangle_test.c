// SPDX-License-Identifier: Apache-2.0
/* Linkage names of both languages in both styles; hostile ones end, and soon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "symbolize/demangle.h"

struct row {
	const char *linkage, *name; /* name NULL: it stays as it is */
};

static const struct row short_rows[] = {
	{ "_Z3foov", "foo" },
	{ "_ZN1A1B3fooEii", "A::B::foo" },
	{ "_ZN1AC1Ev", "A::A" },
	{ "_ZN1AC2ERKS_", "A::A" },
	{ "_ZN1AD0Ev", "A::~A" },
	{ "_ZNK1A3getEv", "A::get" },
	{ "_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back" },
	{ "_ZNSt6vectorIiSaIiEE9push_backERKi@plt", "std::vector::push_back@plt" },
	{ "_ZNKSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE4dataEv",
	  "std::__cxx11::basic_string::data" },
	{ "_ZNSs6appendERKSs", "std::string::append" },
	{ "_ZNSt8functionIFviEEclEi", "std::function::operator()" },
	{ "_ZNSt3mapIiSsE5beginB5cxx11Ev", "std::map::begin[abi:cxx11]" },
	{ "_ZSt4moveIRiEONSt16remove_referenceIT_E4typeEOS2_", "std::move" },
	{ "_ZN1AIiE1BIdEC2IcEET_", "A::B::B" },
	{ "_Z1fIiEPFvT_Ei", "f" }, /* void (*f<int>(int))(int) */
	{ "_Z1fIiEDTcl1gfp_EET_", "f" },
	{ "_ZN1AIXadL_Z3foovEEE3barEv", "A::bar" },
	/* operators whose names have brackets */
	{ "_ZltRK1AS1_", "operator<" },
	{ "_ZN1AltIiEEbT_", "A::operator<" },
	{ "_ZlsIcERSoS0_T_", "operator<<" },
	{ "_ZStlsISt11char_traitsIcEERSt13basic_ostreamIcT_ES5_PKc", "std::operator<<" },
	{ "_ZN1ArsIiEEvT_", "A::operator>>" },
	{ "_ZN1AlSEi", "A::operator<<=" },
	{ "_ZN1ArSEi", "A::operator>>=" },
	{ "_ZN1AleIiEEbT_", "A::operator<=" },
	{ "_ZN1AssERKS_", "A::operator<=>" },
	{ "_ZN1AgtERKS_", "A::operator>" },
	{ "_ZN1AgeIiEEbT_", "A::operator>=" },
	{ "_ZN1AptEv", "A::operator->" },
	{ "_ZN1AptIiEEbT_", "A::operator->" },
	{ "_ZN1ApmIiEEbT_", "A::operator->*" },
	{ "_ZN1AmiIiEEbT_", "A::operator-" },
	{ "_ZN1AclEv", "A::operator()" },
	{ "_ZN1AclIiEEbT_", "A::operator()" },
	{ "_ZN1AixIiEEbT_", "A::operator[]" },
	{ "_ZN1AcmIiEEbT_", "A::operator," },
	{ "_ZN1AnwEm", "A::operator new" },
	{ "_ZN1AnaEm", "A::operator new[]" },
	{ "_ZdlPvm", "operator delete" },
	{ "_Zli2_xPKcm", "operator\"\" _x" },
	{ "_ZN1A8operatorEv", "A::operator" }, /* cannot be written, but mangled */
	{ "_ZN1A11operator_myIiEEvT_", "A::operator_my" },
	{ "_ZN1A10myoperatorIiEEvT_", "A::myoperator" },
	/* conversions */
	{ "_ZNK1AcviEv", "A::operator int" },
	{ "_ZNK1AIiEcvT_IdEEv", "A::operator double" },
	{ "_ZN1AcvSt6vectorIiSaIiEEEv", "A::operator std::vector" },
	{ "_ZNK1AIiEcvPFviEEv", "A::operator void (*)(int)" },
	{ "_ZN1AcvM1BFviEEv", "A::operator void (B::*)(int)" },
	{ "_ZN1AcvRA3_iEv", "A::operator int (&) [3]" },
	/* what is inside of functions */
	{ "_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()" },
	{ "_ZZ4mainENKUlvE0_clEv", "main::{lambda()#2}::operator()" },
	{ "_ZZ3fooIiEvT_ENKUlS0_E_clEi", "foo::{lambda(auto:1)#1}::operator()" },
	{ "_ZZNK1A3fooEiENKUlvE_clEv", "A::foo::{lambda()#1}::operator()" },
	{ "_ZZN1A3fooEvEN1B3barEv", "A::foo::B::bar" },
	{ "_ZZN1AIiE3fooEiENKUlRSt6vectorIiSaIiEEE_clES3_",
	  "A::foo::{lambda(std::vector<int, std::allocator<int> >&)#1}::operator()" },
	{ "_ZNKSt9_Any_data9_M_accessIZ3fooiEUlvE_EERT_v", "std::_Any_data::_M_access" },
	{ "_ZZ3fooiE1x", "foo::x" },
	{ "_ZZN1A3barEvENUt_3bazEv", "A::bar::{unnamed type#1}::baz" },
	{ "_ZN12_GLOBAL__N_13fooEv", "(anonymous namespace)::foo" },
	{ "_ZN1A12_GLOBAL__N_11BIiE3fooEv", "A::(anonymous namespace)::B::foo" },
	{ "_ZNSt6vectorIN12_GLOBAL__N_11AESaIS1_EE9push_backERKS1_", "std::vector::push_back" },
	/* comparisons among the arguments */
	{ "_ZN1AIXltLi1ELi2EEE3fooEv", "A::foo" },
	{ "_ZN1AIXgtLi1ELi2EEE3fooEv", "A::foo" },
	{ "_ZN1AIXlsLi1ELi2EEE3fooEv", "A::foo" },
	{ "_ZN1AIXleLi1ELi2EEE3fooEv", "A::foo" },
	/* special ones */
	{ "_ZThn16_N1A3fooEi", "non-virtual thunk to A::foo" },
	{ "_ZTv0_n24_N1AD1Ev", "virtual thunk to A::~A" },
	{ "_ZGVZ3fooiE1x", "guard variable for foo::x" },
	{ "_GLOBAL__I_a", "global constructors keyed to a" },
	{ "_Z3foov.constprop.0", "foo" },
	{ "_ZN1A3fooEv.part.0.isra.0", "A::foo" },
	{ "_ZN1A3fooEv.cold", "A::foo" },
	{ "_ZN1A3fooEv.llvm.123456", "A::foo" },
	{ "_ZN3foo3barEGARBAGE", NULL },
	{ "_ZN3foo3bar", NULL },
	{ "_Z", NULL },
	/* other languages */
	{ "", NULL },
	{ "main", NULL },
	{ "_start", NULL },
	{ "_Read", NULL },
	{ "__libc_start_main@plt", NULL },
	{ "main.(*T).M", NULL },
	{ "main.Map[go.shape.int]", NULL },
	{ "type..eq.[2]interface {}", NULL },
	{ "foo.constprop.0", NULL },
	{ "operator<", NULL },
	/* D: the ABI's own examples, the libraries', and what libiberty cannot read */
	{ "_Dmain", "D main" },
	{ "_Dmain@plt", "D main@plt" },
	{ "_D6mmfile6MmFile6opAssiMFC6ObjectZv", "mmfile.MmFile.opAssi" },
	{ "_D3foo3barFiZ3bazFAyaZv", "foo.bar.baz" },
	{ "_D3foo3Bar6__ctorMFiZC3foo3Bar", "foo.Bar.this" },
	{ "_D3foo3Bar6__dtorMFNbZv", "foo.Bar.~this" },
	{ "_D3std10checkedint4Warn__T10onOverflowVAyaa1_2bTmTxmZQBbFNfmxmZm",
	  "std.checkedint.Warn.onOverflow.onOverflow" },
	{ "_D8demangle11__T4testTiZ4testFiZv", "demangle.test.test" },
	{ "_D8demangle13__T4testVde5ZQi", NULL },
	{ "_D3foo5__S123barFZv", "foo.bar" },
	{ "_D3foo4__S13barFZv", "foo.bar" },
	{ "_DTi16_D3foo3Bar3bazMFZv", "foo.Bar.baz" },
	{ "_D2rt8lifetime9unqualifyFNaNbNiNkMNgC8TypeInfoZNgQn", "rt.lifetime.unqualify" },
	{ "_D3std3uni7toLowerFNaNfNkMAyaZQe", "std.uni.toLower" },
	{ "_DYNAMIC", NULL },
	{ "_D", NULL },
	{ "_D3foo", NULL },
	{ "_D3fooQbZ", NULL },
	{ "_D9999999999999999999fooZ", NULL },
	/* Rust */
	{ "_RNvC6_123foo3bar", "123foo::bar" },
	{ "_RNvXs1g_NtCsgEmfK2I1SDS_4core3fmtReNtB6_5Debug3fmtCs6GmmlP4bgsG_1r",
	  "<&str as core::fmt::Debug>::fmt" },
	{ "_RNvC7mycrateu5bbb_7aa", NULL },
	{ "_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y",
	  "utf8_idents::\341\203\241\341\203\220\341\203\255\341\203\233\341\203\224\341\203"
	  "\232\341\203\220\341\203\223_\341\203\222\341\203\224\341\203\233\341\203\240\341"
	  "\203\230\341\203\224\341\203\232\341\203\230_\341\203\241\341\203\220\341\203\223"
	  "\341\203\230\341\203\232\341\203\230" },
	/* an empty piece of output */
	{ "_RNqCs4fqI2P2r4_0A11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y", NULL },
	{ "_ZN4core3ptr18real_drop_in_place17h1234567890abcdefE", "core::ptr::real_drop_in_place" },
	{ "_ZN4core3ptr18real_drop_in_place17h1234567890abcdefE.llvm.42",
	  "core::ptr::real_drop_in_place" },
	{ "_ZN59_$LT$core..str..Chars$u20$as$u20$core..fmt..Debug$GT$3fmt17h68a5bb5a6d1f5b3cE",
	  NULL },
	{ "_ZN53_$LT$core..str..Chars$u20$as$u20$core..fmt..Debug$GT$3fmt17h68a5bb5a6d1f5b3cE",
	  "<core::str::Chars as core::fmt::Debug>::fmt" },
	{ "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0c1d2e3f405162a7E",
	  "std::rt::lang_start::{{closure}}" },
};

/* 1 when it is not what is wanted. */
static int differs(const char *linkage, const char *want, enum demangle_style style)
{
	char *have = demangle(linkage, style);
	int differ = !want != !have || (want && strcmp(want, have));

	if (differ)
		print_error("'%s': '%s' instead of '%s'\n", linkage, have ? have : "(null)",
		            want ? want : "(null)");
	free(have);
	return differ;
}

static void expect(const char *linkage, const char *want, enum demangle_style style)
{
	assert_int_equal(differs(linkage, want, style), 0);
}

static void short_names(void **state)
{
	int differ = 0;
	size_t i;

	for (i = 0; i < sizeof(short_rows) / sizeof(short_rows[0]); i++)
		differ += differs(short_rows[i].linkage, short_rows[i].name, DEMANGLE_SHORT);
	assert_int_equal(differ, 0);
}

static void full_names(void **state)
{
	expect("_ZNSt6vectorIiSaIiEE9push_backERKi",
	       "std::vector<int, std::allocator<int> >::push_back(int const&)", DEMANGLE_FULL);
	expect("_Z1fIiEPFvT_Ei", "void (*f<int>(int))(int)", DEMANGLE_FULL);
	expect("_Z3foov.constprop.0", "foo() [clone .constprop.0]", DEMANGLE_FULL);
	expect("_ZN4core3ptr18real_drop_in_place17h1234567890abcdefE",
	       "core::ptr::real_drop_in_place", DEMANGLE_FULL);
	expect("main", NULL, DEMANGLE_FULL);
}

/* All that libstdc++ exports, by c++filt. */
static void as_cxxfilt(void **state)
{
	FILE *f = popen(
		"n=$(g++ -print-file-name=libstdc++.so.6); test -f \"$n\" && "
		"nm -D --defined-only \"$n\" | sed 's/.* //; s/@.*//' | sort -u > $OUT/names && "
		"c++filt < $OUT/names | paste $OUT/names -",
		"r");
	static char line[1 << 20];
	size_t cnt = 0;
	char *want;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		want = strchr(line, '\t');
		assert_non_null(want);
		*want++ = 0;
		expect(line, strcmp(line, want) ? want : NULL, DEMANGLE_FULL);
		free(demangle(line, DEMANGLE_SHORT));
		cnt++;
	}
	if (pclose(f))
		skip();
	assert_in_range(cnt, 1000, 1000000);
}

/* Each pair holds the one before twice: 2^n names out of 9 n bytes. */
static void write_bomb(char *s, size_t size, int n)
{
	FILE *f = fmemopen(s, size, "w");
	int i;

	assert_non_null(f);
	fprintf(f, "_Z1fSt4pairI1aS0_E"); /* S_ is std::pair, S1_ this one */
	for (i = 1; i < n; i++)
		fprintf(f, i < 10 ? "S_IS%d_S%d_E" : "S_IS%c_S%c_E", i < 10 ? i : 'A' + i - 10,
		        i < 10 ? i : 'A' + i - 10);
	fclose(f);
}

static void bombs(void **state)
{
	char name[1024] = "", *text;
	size_t len;
	FILE *f;
	int i;

	write_bomb(name, sizeof(name), 30);
	text = demangle(name, DEMANGLE_FULL);
	assert_non_null(text);
	len = strlen(text);
	assert_in_range(len, DEMANGLE_MAX - 100, DEMANGLE_MAX - 1);
	assert_string_equal(text + len - 3, DEMANGLE_CUT);
	free(text);
	expect(name, "f", DEMANGLE_SHORT);
	/* Rust's: each tuple holds the one before twice. */
	f = fmemopen(name, sizeof(name), "w");
	assert_non_null(f);
	fprintf(f, "_RIC1aTuuE");
	for (i = 0; i < 60; i++)
		fprintf(f, "TB5_B5_E");
	fprintf(f, "E");
	fclose(f);
	free(demangle(name, DEMANGLE_SHORT));
}

/* Each "cv T_ I" can be read in two ways: without a bound this takes years. */
static void forks(void **state)
{
	char name[1024];
	size_t i, n = 0;

	n += (size_t)snprintf(name, sizeof(name), "_Z");
	for (i = 0; i < 60; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "cvT%.*s_I", (int)(i % 2), "0");
	expect(name, NULL, DEMANGLE_FULL);
	for (i = 0; i < 200; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "E");
	expect(name, NULL, DEMANGLE_SHORT);
	/* Many conversions alone are no harm. */
	n = (size_t)snprintf(name, sizeof(name), "_Z1fIXpl");
	for (i = 0; i < 20; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "cvi");
	snprintf(name + n, sizeof(name) - n, "Lb1ELi1EEEvv");
	expect(name, "f", DEMANGLE_SHORT);
}

/* D's parameters may be read in two ways, and refer to what was before: none of it may take long. */
static void dlang_bombs(void **state)
{
	static char name[4096];
	size_t i, n;

	for (n = 0, i = 0; i < 900; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, i ? "C1aF" : "_D1aF");
	expect(name, NULL, DEMANGLE_SHORT);
	for (n = 0, i = 0; i < 40; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, i ? "C1aF" : "_D1aF");
	snprintf(name + n, sizeof(name) - n, "?");
	expect(name, NULL, DEMANGLE_FULL);
	for (n = 0, i = 0; i < 900; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, i ? "__T" : "_D1a");
	expect(name, NULL, DEMANGLE_SHORT);
	/* 1,000 bytes, and 1,400 references to them: too long. */
	n = (size_t)snprintf(name, sizeof(name), "_D1000");
	memset(name + n, 'a', 1000);
	for (n += 1000; n + 4 < sizeof(name); n += 3) {
		i = n - 2;
		snprintf(name + n, sizeof(name) - n, "Q%c%c%c", (char)('A' + i / 26 / 26),
		         (char)('A' + i / 26 % 26), (char)('a' + i % 26));
		n++;
	}
	expect(name, NULL, DEMANGLE_SHORT);
}

static void long_names(void **state)
{
	size_t size = 1 << 20, i;
	char *name = malloc(size + 1);

	assert_non_null(name);
	for (i = 0; i < size; i++)
		name[i] = "_ZN"[i < 3 ? i : 2];
	name[size] = 0;
	assert_null(demangle(name, DEMANGLE_SHORT));
	memset(name, 'P', size);
	memcpy(name, "_Z1f", 4);
	for (i = 1000; i < DEMANGLE_MAX + 10; i += 997) {
		name[i] = 0;
		free(demangle(name, DEMANGLE_FULL));
		name[i] = 'P';
	}
	memset(name, 'R', size);
	memcpy(name, "_RIC1a", 6);
	name[60000] = 0;
	assert_null(demangle(name, DEMANGLE_SHORT));
	free(name);
}

/*
 * libiberty keeps on its stack 16 bytes for each pair of a template and a reference to a parameter,
 * and counts what is referred to twice twice: without its limit this took 15 MB of 8.
 */
static void stack(void **state)
{
	static char name[8192];
	FILE *f = fmemopen(name, sizeof(name), "w");
	int i;

	assert_non_null(f);
	fprintf(f, "_Z1fIiEv1tI");
	for (i = 0; i < 690; i++)
		fprintf(f, "RT_");
	for (i = 0; i < 340; i++)
		fprintf(f, "1aIiE");
	fprintf(f, "ES1L9_"); /* number 2061 + 1 is the whole t<...> */
	fclose(f);
	free(demangle(name, DEMANGLE_FULL));
	free(demangle(name, DEMANGLE_SHORT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names), cmocka_unit_test(full_names),
		cmocka_unit_test(as_cxxfilt),  cmocka_unit_test(bombs),
		cmocka_unit_test(forks),       cmocka_unit_test(long_names),
		cmocka_unit_test(stack),       cmocka_unit_test(dlang_bombs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
