// SPDX-License-Identifier: Apache-2.0
#include "cmd/option_doctor.h"

#include "cmd/cmd.h"
#include "cmd/options.h"

static int parse_json(struct options *o, const char *text)
{
	o->json = true;
	return 0;
}

const struct report_option doctor_options[] = {
	{ .row = { "json", 0, NULL, OUT, "as one JSON object", parse_json } },
};

const size_t doctor_option_cnt = sizeof(doctor_options) / sizeof(*doctor_options);

const char *const doctor_option_names[] = { "pid", "quiet", "verbose", "help", NULL };

const struct option_row *doctor_option(size_t i)
{
	const size_t shared = sizeof(doctor_option_names) / sizeof(*doctor_option_names) - 1;

	if (i < shared)
		return option_listed(doctor_option_names, i);
	i -= shared;
	return i < doctor_option_cnt ? &doctor_options[i].row : NULL;
}
