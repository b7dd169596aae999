/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `ebprof doctor`: its own, and those that it shares with captures. */
#ifndef EBPROF_CMD_OPTION_DOCTOR_H
#define EBPROF_CMD_OPTION_DOCTOR_H

#include <stddef.h>

#include "cmd/option_report.h"

extern const struct report_option doctor_options[];
extern const size_t doctor_option_cnt;
/* Those that it shares; ends in NULL. */
extern const char *const doctor_option_names[];

#endif
