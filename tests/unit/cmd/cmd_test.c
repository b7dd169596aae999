// SPDX-License-Identifier: Apache-2.0
/* What a command line becomes, and that usage errors are found before anything starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/numbers.h"
#include "cmd/option_rows.h"
#include "cmd/options.h"
#include "cmd/users.h"

#define ARGS_MAX 16

static char *argv[ARGS_MAX + 1];

/* Takes words with blanks between them apart, as of `ebprof WORDS`: their number. */
static int split(const char *line)
{
	static char words[256];
	char *save, *word;
	int argc = 0;

	snprintf(words, sizeof(words), "%s", line);
	for (word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static int parse(struct options *o, const char *line)
{
	return options_parse(o, split(line), argv);
}

static void expect_usage(const char *line)
{
	struct options o;

	if (parse(&o, line) != EXIT_USAGE)
		fail_msg("'%s' is no usage error", line);
	options_release(&o);
}

/* A value that may be left out never is the next word. */
static void test_optional_value(void **state)
{
	struct options o;

	unsetenv("DEBUGINFOD_URLS");
	assert_int_equal(parse(&o, "cpu -a --debuginfod=http://a,https://b/c 7"), 0);
	assert_string_equal(o.debuginfod, "http://a https://b/c");
	options_release(&o);
	expect_usage("cpu -a --debuginfod");
	expect_usage("cpu -a --debuginfod=");
	expect_usage("cpu -a --debuginfod=http://a,ftp://b");
	setenv("DEBUGINFOD_URLS", "http://c  file:///d", 1);
	assert_int_equal(parse(&o, "cpu -a --debuginfod 7"), 0);
	assert_string_equal(o.debuginfod, "http://c  file:///d");
	assert_int_equal(o.duration_ns, 7000000000);
	options_release(&o);
	unsetenv("DEBUGINFOD_URLS");
}

static void test_targets(void **state)
{
	struct options o;

	assert_int_equal(parse(&o, "cpu -p 12,13 -p14 --tree 2.5"), 0);
	assert_int_equal(o.engine.targets.pid_cnt, 3);
	assert_int_equal(o.engine.targets.pids[2], 14);
	assert_true(o.engine.targets.tree);
	assert_int_equal(o.duration_ns, 2500000000);
	options_release(&o);

	assert_int_equal(parse(&o, "cpu -a"), 0);
	assert_int_equal(o.duration_ns, 30000000000);
	assert_int_equal(o.engine.collect.freq_hz, 99);
	options_release(&o);

	assert_int_equal(parse(&o, "cpu --comm nginx* --comm=php-fpm -u root -C 0-1,3"), 0);
	assert_string_equal(o.engine.targets.comm, "nginx*\nphp-fpm");
	assert_true(o.engine.targets.has_uid);
	assert_int_equal(o.engine.targets.uid, 0);
	assert_true(o.engine.collect.cpus[3] && !o.engine.collect.cpus[2]);
	options_release(&o);
}

static void test_command(void **state)
{
	struct options o;

	assert_int_equal(parse(&o, "cpu -F 999 -- make -j2 -k"), 0);
	assert_string_equal(o.command[0], "make");
	assert_string_equal(o.command[2], "-k");
	assert_int_equal(o.duration_ns, 0);
	options_release(&o);
	assert_int_equal(parse(&o, "cpu 5 --as root -- true"), 0);
	assert_true(o.has_as);
	assert_int_equal(o.duration_ns, 5000000000);
	options_release(&o);
}

static void test_keep(void **state)
{
	struct options o;

	assert_int_equal(parse(&o, "cpu -a --per-thread --per-cpu --slice 100 --samples"), 0);
	assert_int_equal(o.engine.keep,
	                 KEEP_USER | KEEP_KERN | KEEP_TID | KEEP_CPU | KEEP_SLICE | KEEP_SAMPLES);
	assert_int_equal(o.engine.slice_ns, 100000000);
	options_release(&o);
	assert_int_equal(parse(&o, "cpu -a --user-only"), 0);
	assert_int_equal(o.engine.keep, KEEP_USER | KEEP_USER_TASK);
	options_release(&o);
	assert_int_equal(parse(&o, "cpu -a --kernel-only"), 0);
	assert_int_equal(o.engine.keep, KEEP_KERN | KEEP_KERN_ONLY);
	options_release(&o);
}

static void test_usage_errors(void **state)
{
	static const char *const lines[] = {
		"cpu",
		"cpu 5",
		"cpu -a -p 1",
		"cpu -p",
		"cpu -p 0",
		"cpu -p x",
		"cpu -p 1,,2",
		"cpu -p 99999999",
		"cpu -a -F 0",
		"cpu -a -F -5",
		"cpu -a -F 99999999999",
		"cpu -a -F 9x",
		"cpu -a -c 0",
		"cpu -a -F 9 -c 9",
		"cpu -a -e nonsense",
		"cpu -a 0",
		"cpu -a -1",
		"cpu -a 5 6",
		"cpu -a 1e400",
		"cpu -a nan",
		"cpu -a inf",
		"cpu -a --slice 0",
		"cpu -a --nonsense",
		"cpu -a -Z",
		"cpu --all=yes",
		"cpu -u nobody-has-this-name",
		"cpu --as root -a",
		"cpu --tree -a",
		"cpu -a --",
		"cpu -p 1 -- true",
		"cpu -a --user-only --kernel-only",
		"cpu -a -k nonsense",
		"cpu -a --format nonsense",
		"cpu -a --ring-size 100000",
		"cpu -a --counts-size 1",
		"cpu -a -C 0-",
		"cpu -a --max-stack 1025",
		"cpu -a 99999999999",
		"offcpu -a --threshold 5",
		"offcpu -a -F 99",
		"offcpu -a -e cycles",
		"block -a -c 5",
		"offcpu -C 0",
		"offcpu -a --threshold 5s",
		"offcpu -a --min -1ms",
		"offcpu -a --max 0",
		"offcpu -a --reason nonsense",
		"offcpu -a --reason lock,",
		"offcpu -a --sched-hook nonsense",
		"offcpu -a --idle maybe",
	};
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		expect_usage(lines[i]);
}

/* A command that reads a profile: its own options, one file. */
static int parse_file(struct options *o, const char *line)
{
	static const char *const names[] = { "output", "debug-dir", "quiet", NULL };

	return options_parse_file(o, names, split(line), argv);
}

static void test_files(void **state)
{
	static const char *const wrong[] = {
		"symbolize",         "symbolize a b",         "symbolize -a a",
		"symbolize -F 99 a", "symbolize --freq 99 a", "symbolize a -o",
		"symbolize a --",    "symbolize -- a b",
	};
	struct options o;
	size_t i;

	assert_int_equal(parse_file(&o, "symbolize --debug-dir /d a.pb.gz -o b.pb.gz -ofoo"), 0);
	assert_string_equal(o.file, "a.pb.gz");
	assert_int_equal(o.output_cnt, 2);
	assert_string_equal(o.debug_dirs[0], "/d");
	assert_string_equal(o.debug_dirs[1], "/usr/lib/debug");
	assert_null(o.debug_dirs[2]);
	assert_int_equal(parse_file(&o, "symbolize -- -q"), 0);
	assert_string_equal(o.file, "-q");
	assert_int_equal(parse_file(&o, "symbolize -"), 0);
	assert_string_equal(o.file, "-");
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (parse_file(&o, wrong[i]) !=
		    (strcmp(wrong[i], "symbolize a --") ? EXIT_USAGE : 0))
			fail_msg("'%s'", wrong[i]);
}

static void test_waits(void **state)
{
	struct options o;

	assert_int_equal(parse(&o, "offcpu -a"), 0);
	assert_int_equal(o.engine.collect.sched.threshold_ns, 1000000);
	assert_int_equal(o.idle, CLASSIFY_IDLE_FOLD);
	options_release(&o);
	assert_int_equal(parse(&o, "offcpu -p 1"), 0);
	assert_int_equal(o.engine.collect.sched.threshold_ns, 100000);
	options_release(&o);
	assert_int_equal(
		parse(&o, "offcpu -a --threshold 0 --min 5us --max 0.5s --reason lock,throttled "
	                  "--sched-hook out --idle hide"),
		0);
	assert_int_equal(o.engine.collect.sched.threshold_ns, 0);
	assert_int_equal(o.engine.collect.sched.min_ns, 5000);
	assert_int_equal(o.engine.collect.sched.max_ns, 500000000);
	assert_int_equal(o.engine.collect.sched.reasons,
	                 1u << REASON_LOCK | 1u << REASON_THROTTLED);
	assert_int_equal(o.engine.collect.sched.hook, SCHED_HOOK_OUT);
	assert_int_equal(o.idle, CLASSIFY_IDLE_HIDE);
	options_release(&o);
}

static void test_growth(void **state)
{
	struct options o;

	assert_int_equal(parse(&o, "heap --growth -a 1"), 0);
	assert_int_equal(o.first->id, KIND_growth);
	assert_int_equal(o.engine.kinds, 1u << KIND_growth);
	assert_int_equal(o.engine.collect.growth_rate, 64 * sysconf(_SC_PAGESIZE));
	options_release(&o);
	assert_int_equal(parse(&o, "heap --rate 4096 --growth -p 1"), 0);
	assert_int_equal(o.engine.collect.growth_rate, 4096);
	options_release(&o);
	assert_int_equal(parse(&o, "cpu -k growth,heap -p 1"), 0);
	assert_int_equal(o.engine.collect.alloc_rate, 512 << 10);
	options_release(&o);
	expect_usage("cpu --growth -a");
	expect_usage("heap --growth --alloc-space -p 1");
	expect_usage("heap --growth -t 1");
	expect_usage("growth --kernel-only -a");
}

static void test_times(void **state)
{
	uint64_t ns;

	assert_int_equal(time_parse("100us", &ns), 0);
	assert_int_equal(ns, 100000);
	assert_int_equal(time_parse("1.5ms", &ns), 0);
	assert_int_equal(ns, 1500000);
	assert_int_equal(time_parse("7ns", &ns), 0);
	assert_int_equal(ns, 7);
	assert_int_equal(time_parse("0", &ns), 0);
	assert_int_equal(ns, 0);
	assert_int_equal(time_parse("5", &ns), -EINVAL);
	assert_int_equal(time_parse("-1ms", &ns), -EINVAL);
	assert_int_equal(time_parse("1e300s", &ns), -EINVAL);
	assert_int_equal(time_parse("1m", &ns), -EINVAL);
	assert_int_equal(time_parse("", &ns), -EINVAL);
}

static void test_seconds(void **state)
{
	uint64_t ns;

	assert_int_equal(seconds_parse("0.5", &ns), 0);
	assert_int_equal(ns, 500000000);
	assert_int_equal(seconds_parse("10s", &ns), 0);
	assert_int_equal(ns, 10000000000);
	assert_int_equal(seconds_parse("10m", &ns), -EINVAL);
	assert_int_equal(seconds_parse("0x10", &ns), 0); /* strtod's: harmless */
}

static void test_users(void **state)
{
	struct user u;

	assert_int_equal(user_find("root", &u), 0);
	assert_int_equal(u.uid, 0);
	assert_int_equal(user_find("0", &u), 0);
	assert_string_equal(u.name, "root");
	assert_int_equal(user_find("3999999999", &u), 0);
	assert_int_equal(u.uid, 3999999999u);
	assert_string_equal(u.name, "");
	assert_int_equal(user_find("", &u), -ENOENT);
}

static void test_commands_have_help(void **state)
{
	assert_non_null(command_find("cpu"));
	assert_true(*command_find("cpu")->help);
	assert_true(*command_find("help")->help);
	assert_null(command_find("nonsense"));
}

/* Is the second one written in a way that the first one is? */
static bool is_same_option(const struct option_row *a, const struct option_row *b)
{
	return !strcmp(a->name, b->name) || (a->letter && a->letter == b->letter);
}

static void test_options_are_told_apart(void **state)
{
	const struct option_row *row, *other;
	const struct command *cmd;
	size_t i, at, before;

	for (i = 0; (cmd = command_at(i)); i++)
		for (at = 0; cmd->option && (row = cmd->option(at)); at++) {
			assert_true(*row->help);
			assert_non_null(option_group_title(row->group));
			for (before = 0; before < at; before++) {
				other = cmd->option(before);
				if (is_same_option(row, other))
					fail_msg("%s: --%s and --%s", cmd->name, row->name,
					         other->name);
			}
		}
	assert_true(i > KIND_CNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_optional_value),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_usage_errors),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_commands_have_help),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_options_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
