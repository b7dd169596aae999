// SPDX-License-Identifier: Apache-2.0
/* What ebprof doctor makes of a host, which kernels it warns of, and that nobody's name gets out unescaped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/doctor.h"
#include "cmd/json.h"
#include "cmd/options.h"
#include "cmd/runtimes.h"
#include "version.h"

#define ALL_CAPS (~0ull)

/* A machine on which all is well. */
static struct host good_host(void)
{
	struct host h = {
		.caps = ALL_CAPS,
		.has_btf = true,
		.has_sysfs = true,
		.bpf_errno = EINVAL,
		.perf_errno = EFAULT,
		.lockdown = "none",
		.has_paranoid = true,
		.paranoid = 2,
		.cgroups = "/sys/fs/cgroup",
		.memlock_bytes = UINT64_MAX,
		.preempt = PREEMPT_NO,
	};

	snprintf(h.system.release, sizeof(h.system.release), "6.12.1");
	snprintf(h.system.machine, sizeof(h.system.machine), "x86_64");
	h.version = host_version(h.system.release, "", "");
	return h;
}

static const struct finding *find(const struct findings *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->cnt; i++)
		if (!strcmp(l->items[i].name, name))
			return &l->items[i];
	return NULL;
}

static void test_versions(void **state)
{
	assert_int_equal(host_version("6.18.44-fc-v669", "", ""), HOST_VERSION(6, 18, 44));
	assert_int_equal(host_version("5.10.0-28-amd64", "", ""), HOST_VERSION(5, 10, 0));
	assert_int_equal(host_version("6.1", "", ""), HOST_VERSION(6, 1, 0));
	assert_int_equal(host_version("4.19.2000", "", ""), HOST_VERSION(4, 19, 1023));
	assert_int_equal(host_version("", "", ""), 0);
	assert_int_equal(host_version("linux", "", ""), 0);
	assert_int_equal(host_version("6.1.0-49-amd64",
	                              "#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1 (2026-03-09)", ""),
	                 HOST_VERSION(6, 1, 164));
	assert_int_equal(host_version("6.1.0-49-amd64", "#1 SMP Debian sid", ""),
	                 HOST_VERSION(6, 1, 0));
	assert_int_equal(host_version("6.5.0-14-generic", "#14~22.04.1-Ubuntu SMP",
	                              "Ubuntu 6.5.0-14.14~22.04.1-generic 6.5.3"),
	                 HOST_VERSION(6, 5, 3));
	assert_true(HOST_VERSION(6, 2, 0) > HOST_VERSION(6, 1, 1023));
}

/* The hazards of a version, by name, with commas between them. */
static const char *hazards_of(const char *release, const struct host *like)
{
	static char names[256];
	struct findings l = { 0 };
	struct host h = *like;
	size_t i, n = 0;

	h.version = host_version(release, "", "");
	doctor_hazards(&h, &l);
	names[0] = 0;
	for (i = 0; i < l.cnt; i++) {
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? "," : "",
		                      l.items[i].name);
		/* Only what is avoided needs nothing to be done. */
		assert_int_equal(l.items[i].state == DOCTOR_OK, !l.items[i].remedy[0]);
	}
	findings_release(&l);
	return names;
}

static void test_hazards(void **state)
{
	struct host h = good_host();

	assert_string_equal(hazards_of("5.10.1", &h), "");
	assert_string_equal(hazards_of("5.18.99", &h), "");
	assert_string_equal(hazards_of("5.19.0", &h), "nofault reads");
	assert_string_equal(hazards_of("6.0.12", &h), "nofault reads");
	assert_string_equal(hazards_of("6.1.35", &h), "nofault reads");
	assert_string_equal(hazards_of("6.1.36", &h), "");
	assert_string_equal(hazards_of("6.2.0", &h), "nofault reads");
	assert_string_equal(hazards_of("6.3.9", &h), "nofault reads");
	assert_string_equal(hazards_of("6.3.10", &h), "");
	assert_string_equal(hazards_of("6.4.0", &h), "");
	assert_string_equal(hazards_of("6.6.58", &h), "end of uprobes");
	assert_string_equal(hazards_of("6.12.99", &h), "end of uprobes");
	assert_string_equal(hazards_of("6.13.0", &h), "");
	assert_string_equal(hazards_of("6.18.1", &h), "red zone");
	snprintf(h.system.machine, sizeof(h.system.machine), "aarch64");
	assert_string_equal(hazards_of("6.18.1", &h), "");
}

static void test_preemption(void **state)
{
	struct host h = good_host();

	h.preempt = PREEMPT_YES;
	assert_string_equal(hazards_of("6.12.99", &h), "end of uprobes");
	assert_string_equal(hazards_of("6.13.0", &h), "preempted uprobes");
	h.preempt = PREEMPT_UNKNOWN;
	assert_string_equal(hazards_of("6.13.0", &h), "preempted uprobes");
}

static void test_locked_memory(void **state)
{
	struct host h = good_host();

	h.memlock_bytes = 65536;
	assert_string_equal(hazards_of("5.10.1", &h), "");
	h.caps = ALL_CAPS & ~(1ull << CAP_SYS_RESOURCE);
	assert_string_equal(hazards_of("5.10.1", &h), "locked memory");
	assert_string_equal(hazards_of("5.11.0", &h), "");
	h.memlock_bytes = UINT64_MAX;
	assert_string_equal(hazards_of("5.10.1", &h), "");
}

/* The row of that name, which has that state and, unless all is well, a remedy; its text. */
static const char *row(const struct host *h, const char *name, enum doctor_state want)
{
	static char text[2048];
	struct findings l = { 0 };
	const struct finding *f;

	doctor_here(h, &l);
	f = find(&l, name);
	if (!f)
		fail_msg("there is no row '%s'", name);
	if (f->state != want)
		fail_msg("'%s' is %d: %s", name, f->state, f->text);
	if (want != DOCTOR_OK && !f->remedy[0])
		fail_msg("'%s' has no remedy: %s", name, f->text);
	snprintf(text, sizeof(text), "%s|%s", f->text, f->remedy);
	findings_release(&l);
	return text;
}

static void expect_no_row(const struct host *h, const char *name)
{
	struct findings l = { 0 };

	doctor_here(h, &l);
	if (find(&l, name))
		fail_msg("'%s': %s", name, find(&l, name)->text);
	findings_release(&l);
}

static void test_good_host(void **state)
{
	struct host h = good_host();
	struct findings l = { 0 };
	size_t i;

	doctor_here(&h, &l);
	assert_int_equal(l.cnt, 8);
	for (i = 0; i < l.cnt; i++)
		if (l.items[i].state != DOCTOR_OK || l.items[i].remedy[0])
			fail_msg("'%s': %s", l.items[i].name, l.items[i].text);
	findings_release(&l);
}

static void test_rights(void **state)
{
	struct host h = good_host();

	h.caps = 0;
	row(&h, "CAP_BPF", DOCTOR_REFUSED);
	row(&h, "CAP_PERFMON", DOCTOR_REFUSED);
	row(&h, "CAP_SYS_PTRACE", DOCTOR_LIMITED);
	row(&h, "CAP_DAC_READ_SEARCH", DOCTOR_LIMITED);
	row(&h, "CAP_CHECKPOINT_RESTORE", DOCTOR_LIMITED);
	row(&h, "kernel.perf_event_paranoid", DOCTOR_LIMITED);
	expect_no_row(&h, "capabilities");
	/* It stands for three of them. */
	h.caps = 1ull << CAP_SYS_ADMIN;
	expect_no_row(&h, "CAP_BPF");
	expect_no_row(&h, "CAP_PERFMON");
	expect_no_row(&h, "CAP_CHECKPOINT_RESTORE");
	row(&h, "CAP_SYS_PTRACE", DOCTOR_LIMITED);
	row(&h, "kernel.perf_event_paranoid", DOCTOR_OK);
	h.caps = ALL_CAPS;
	h.own_users = true;
	row(&h, "user namespace", DOCTOR_REFUSED);
}

/* Without rights it is they that are missing; with them something else refuses. */
static void test_system_calls(void **state)
{
	struct host h = good_host();

	expect_no_row(&h, "bpf()");
	h.bpf_errno = h.perf_errno = EPERM;
	h.seccomp = true;
	assert_non_null(strstr(row(&h, "bpf()", DOCTOR_REFUSED), "seccomp=unconfined"));
	assert_non_null(strstr(row(&h, "perf_event_open()", DOCTOR_REFUSED), "seccomp"));
	h.seccomp = false;
	assert_null(strstr(row(&h, "bpf()", DOCTOR_REFUSED), "seccomp"));
	h.caps = 0;
	expect_no_row(&h, "bpf()");
	h.bpf_errno = ENOSYS;
	assert_non_null(strstr(row(&h, "bpf()", DOCTOR_REFUSED), "CONFIG_BPF_SYSCALL"));
	h.seccomp = true;
	assert_non_null(strstr(row(&h, "bpf()", DOCTOR_REFUSED), "seccomp"));
}

static void test_kernel_settings(void **state)
{
	struct host h = good_host();

	snprintf(h.lockdown, sizeof(h.lockdown), "integrity");
	assert_string_equal(row(&h, "lockdown", DOCTOR_OK), "integrity|");
	snprintf(h.lockdown, sizeof(h.lockdown), "confidentiality");
	row(&h, "lockdown", DOCTOR_REFUSED);
	h.has_btf = false;
	assert_non_null(strstr(row(&h, "btf", DOCTOR_REFUSED), "CONFIG_DEBUG_INFO_BTF"));
	h.has_sysfs = false;
	assert_non_null(strstr(row(&h, "btf", DOCTOR_REFUSED), "mount -t sysfs"));
	h.has_paranoid = false;
	row(&h, "kernel.perf_event_paranoid", DOCTOR_REFUSED);
	h.own_pids = true;
	row(&h, "pid namespace", DOCTOR_LIMITED);
	h.cgroups = "";
	assert_non_null(strstr(row(&h, "cgroup v2", DOCTOR_LIMITED), "mount -t cgroup2"));
	snprintf(h.no_names, sizeof(h.no_names), "kernel.kptr_restrict=2 hides, try 'sysctl x'");
	assert_string_equal(row(&h, "kernel names", DOCTOR_LIMITED),
	                    "kernel.kptr_restrict=2 hides|try 'sysctl x'");
}

/* What stands behind the first "; " of an error is what to try. */
static void test_errors(void **state)
{
	struct findings l = { 0 };

	finding_error(&l, "a", DOCTOR_REFUSED, "cannot do: No; run as root, try it; or not");
	finding_error(&l, "b", DOCTOR_REFUSED, "hides 'x' from y, run as root or try z");
	finding_error(&l, "c", DOCTOR_REFUSED, "nothing helps");
	assert_string_equal(l.items[0].text, "cannot do: No");
	assert_string_equal(l.items[0].remedy, "run as root, try it; or not");
	assert_string_equal(l.items[1].text, "hides 'x' from y");
	assert_string_equal(l.items[1].remedy, "run as root or try z");
	assert_string_equal(l.items[2].text, "nothing helps");
	assert_string_equal(l.items[2].remedy, "");
	findings_release(&l);
}

#define EVIL "a\033[31m\"\\\n\xe2\x80\xae\xff\xc3\xa9\xf0\x9f\x98\x80"

/* A small answer; the names in it are hostile. */
static void make_doctor(struct doctor *d, struct patient *p)
{
	memset(d, 0, sizeof(*d));
	memset(p, 0, sizeof(*p));
	d->host = good_host();
	finding_add(&d->kinds, "cpu", DOCTOR_OK, "perf event");
	finding_error(&d->kinds, "heap", DOCTOR_REFUSED, "no probes; a newer kernel");
	finding_remedy(finding_add(&d->here, "cgroup v2", DOCTOR_LIMITED, "not there"), "mount it");
	d->patients = p;
	d->patient_cnt = 1;
	p->pid = 7;
	snprintf(p->comm, sizeof(p->comm), "%s", EVIL);
	finding_file(&p->allocators, finding_add(&p->allocators, "glibc", DOCTOR_OK, "3 sites"),
	             "/tmp/" EVIL);
}

static void release_doctor(struct doctor *d)
{
	findings_release(&d->kinds);
	findings_release(&d->here);
	findings_release(&d->patients->allocators);
}

/* That answer as text, which the caller frees. */
static char *text_of_doctor(bool colours)
{
	struct doctor d;
	struct patient p;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	make_doctor(&d, &p);
	assert_true(doctor_can_capture(&d));
	doctor_text(f, &d, colours);
	fclose(f);
	release_doctor(&d);
	return text;
}

#define EVIL_CLEAN "a?[31m\"\\????\xef\xbf\xbd\xc3\xa9\xf0\x9f\x98\x80"

static void test_text(void **state)
{
	char *text = text_of_doctor(false);

	assert_string_equal(text, "ebprof " EBPROF_VERSION " on Linux 6.12.1, x86_64\n"
	                          "\nKinds, each tried, and their hooks\n"
	                          "  ok       cpu   perf event\n"
	                          "  no       heap  no probes\n"
	                          "                 -> a newer kernel\n"
	                          "\nWhat captures need\n"
	                          "  limited  cgroup v2  not there\n"
	                          "                      -> mount it\n"
	                          "\nHazards of this kernel\n"
	                          "  none known\n"
	                          "\nProcess 7, " EVIL_CLEAN "\n"
	                          "  ok       glibc  /tmp/" EVIL_CLEAN ": 3 sites\n");
	free(text);
}

static void test_colours(void **state)
{
	char *text = text_of_doctor(true);

	assert_non_null(strstr(text, "\n\033[1mHazards of this kernel\033[0m\n"));
	assert_non_null(strstr(text, "\n  \033[32mok     \033[0m  cpu   perf event\n"));
	assert_non_null(strstr(text, "\n  \033[31mno     \033[0m  heap  no probes\n"));
	assert_non_null(strstr(text, "\n  \033[33mlimited\033[0m  cgroup v2  not there\n"));
	assert_null(strstr(text, "a\033"));
	free(text);
}

#define EVIL_JSON "a\\u001b[31m\\\"\\\\\\u000a\\u202e\\ufffd\\u00e9\\ud83d\\ude00"

static void test_json(void **state)
{
	struct doctor d;
	struct patient p;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	make_doctor(&d, &p);
	d.kinds.items[0].state = DOCTOR_LIMITED;
	assert_false(doctor_can_capture(&d));
	doctor_json(f, &d);
	fclose(f);
	assert_string_equal(
		text,
		"{\"can_capture\":false,\"version\":\"" EBPROF_VERSION "\",\"kernel\":\"6.12.1\","
		"\"machine\":\"x86_64\",\"kinds\":["
		"{\"name\":\"cpu\",\"state\":\"limited\",\"hook\":null,\"why\":\"perf event\","
		"\"remedy\":null},"
		"{\"name\":\"heap\",\"state\":\"no\",\"hook\":null,\"why\":\"no probes\","
		"\"remedy\":\"a newer kernel\"}],"
		"\"needs\":[{\"name\":\"cgroup v2\",\"state\":\"limited\",\"text\":\"not there\","
		"\"remedy\":\"mount it\"}],\"hazards\":[],\"processes\":["
		"{\"pid\":7,\"comm\":\"" EVIL_JSON "\",\"allocators\":["
		"{\"name\":\"glibc\",\"state\":\"ok\",\"file\":\"/tmp/" EVIL_JSON "\","
		"\"text\":\"3 sites\",\"remedy\":null}],\"runtimes\":[]}]}\n");
	free(text);
	release_doctor(&d);
}

static void test_json_null(void **state)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	json_text(f, NULL);
	json_text(f, "");
	json_text(f, "\x7f\xc2\x9b");
	fclose(f);
	assert_string_equal(text, "null\"\"\"\\u007f\\u009b\"");
	free(text);
}

/* By this function this program is taken for Perl. */
void perl_run(void);
void perl_run(void)
{
}

static void test_runtimes(void **state)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int garbage = memfd_create("garbage", MFD_CLOEXEC);
	const struct runtime *r = runtime_find(self);

	assert_true(self >= 0 && garbage >= 0);
	perl_run();
	assert_non_null(r);
	assert_string_equal(r->name, "Perl");
	assert_int_equal(write(garbage, "\177ELF\2\1\1garbage", 14), 14);
	assert_null(runtime_find(garbage));
	close(self);
	close(garbage);
}

/* The line of doctor: 0 or EXIT_USAGE. */
static int parse(struct options *o, char *a, char *b, char *c)
{
	char *argv[] = { (char *)"doctor", a, b, c, NULL };

	return options_parse_doctor(o, 1 + !!a + !!b + !!c, argv);
}

static void test_line(void **state)
{
	char pid[] = "-p", list[] = "12,13", json[] = "--json", all[] = "-a", seconds[] = "30",
	     dashes[] = "--", help[] = "--help";
	struct options o;

	assert_int_equal(parse(&o, pid, list, json), 0);
	assert_int_equal(o.engine.targets.pid_cnt, 2);
	assert_true(o.json);
	options_release(&o);
	assert_int_equal(parse(&o, NULL, NULL, NULL), 0);
	assert_false(o.json);
	options_release(&o);
	assert_int_equal(parse(&o, all, NULL, NULL), EXIT_USAGE);
	options_release(&o);
	assert_int_equal(parse(&o, seconds, NULL, NULL), EXIT_USAGE);
	options_release(&o);
	assert_int_equal(parse(&o, dashes, seconds, NULL), EXIT_USAGE);
	options_release(&o);
	assert_int_equal(parse(&o, help, seconds, NULL), 0);
	assert_true(o.help);
	options_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),     cmocka_unit_test(test_hazards),
		cmocka_unit_test(test_preemption),   cmocka_unit_test(test_locked_memory),
		cmocka_unit_test(test_good_host),    cmocka_unit_test(test_rights),
		cmocka_unit_test(test_system_calls), cmocka_unit_test(test_kernel_settings),
		cmocka_unit_test(test_errors),       cmocka_unit_test(test_text),
		cmocka_unit_test(test_colours),      cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_null),    cmocka_unit_test(test_runtimes),
		cmocka_unit_test(test_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
