/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `ebprof diff`: its own, and those that it shares with report and the others. */
#ifndef EBPROF_CMD_OPTION_DIFF_H
#define EBPROF_CMD_OPTION_DIFF_H

#include <stddef.h>

#include "cmd/option_report.h"

extern const struct report_option diff_options[];
extern const size_t diff_option_cnt;
/* Those that it shares; ends in NULL. */
extern const char *const diff_option_names[];

#endif
