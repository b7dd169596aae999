// SPDX-License-Identifier: Apache-2.0
/* The answer of ebprof doctor as text and as JSON. Names in it are anyone's: neither has control characters. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "cmd/doctor.h"
#include "cmd/json.h"
#include "version.h"

static const struct {
	const char *word, *look;
} states[] = {
	[DOCTOR_OK] = { "ok", "\033[32m" },
	[DOCTOR_LIMITED] = { "limited", "\033[33m" },
	[DOCTOR_REFUSED] = { "no", "\033[31m" },
};

bool doctor_can_capture(const struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->kinds.cnt; i++)
		if (d->kinds.items[i].state == DOCTOR_OK)
			return true;
	return false;
}

struct page {
	FILE *f;
	bool colours;
};

/* A text without what a terminal would obey. */
static void put_clean(const struct page *p, const char *text)
{
	char *copy, *clean = NULL;
	const char *utf8 = utf8_only(text, &copy);

	if (utf8)
		clean = strdup(utf8);
	if (clean)
		log_clean(clean);
	fputs(clean ? clean : "(out of memory)", p->f);
	free(clean);
	free(copy);
}

static void put_title(const struct page *p, const char *title, const char *more)
{
	fprintf(p->f, "\n%s", p->colours ? "\033[1m" : "");
	fputs(title, p->f);
	put_clean(p, more);
	fprintf(p->f, "%s\n", p->colours ? "\033[0m" : "");
}

static void put_finding(const struct page *p, const struct finding *f, int width)
{
	fprintf(p->f, "  %s%-7s%s  %-*s  ", p->colours ? states[f->state].look : "",
	        states[f->state].word, p->colours ? "\033[0m" : "", width, f->name);
	if (f->file) {
		put_clean(p, f->file);
		fputs(": ", p->f);
	}
	put_clean(p, f->text);
	fputc('\n', p->f);
	if (!f->remedy[0])
		return;
	fprintf(p->f, "  %-7s  %-*s  -> ", "", width, "");
	put_clean(p, f->remedy);
	fputc('\n', p->f);
}

static int name_width(const struct findings *l)
{
	size_t i, most = 0;

	for (i = 0; i < l->cnt; i++)
		if (strlen(l->items[i].name) > most)
			most = strlen(l->items[i].name);
	return (int)most;
}

static void put_findings(const struct page *p, const struct findings *l)
{
	size_t i;

	for (i = 0; i < l->cnt; i++)
		put_finding(p, &l->items[i], name_width(l));
}

static void put_part(const struct page *p, const char *title, const struct findings *l)
{
	put_title(p, title, "");
	put_findings(p, l);
	if (!l->cnt)
		fprintf(p->f, "  none known\n");
}

static void put_patient(const struct page *p, const struct patient *patient)
{
	char title[64];

	snprintf(title, sizeof(title), "Process %u, ", patient->pid);
	put_title(p, title, patient->comm);
	put_findings(p, &patient->allocators);
	put_findings(p, &patient->runtimes);
}

void doctor_text(FILE *f, const struct doctor *d, bool colours)
{
	const struct page p = { f, colours };
	size_t i;

	fprintf(f, "ebprof %s on Linux %s, %s\n", EBPROF_VERSION, d->host.system.release,
	        d->host.system.machine);
	put_part(&p, "Kinds, each tried, and their hooks", &d->kinds);
	put_part(&p, "What captures need", &d->here);
	put_part(&p, "Hazards of this kernel", &d->hazards);
	for (i = 0; i < d->patient_cnt; i++)
		put_patient(&p, &d->patients[i]);
}

static void json_member(FILE *f, const char *key, const char *text)
{
	fprintf(f, ",\"%s\":", key);
	json_text(f, text);
}

static void json_finding(FILE *f, const struct finding *x, bool is_kind)
{
	fputs("{\"name\":", f);
	json_text(f, x->name);
	json_member(f, "state", states[x->state].word);
	if (is_kind) {
		json_member(f, "hook", x->state == DOCTOR_OK ? x->text : NULL);
		json_member(f, "why", x->state == DOCTOR_OK ? NULL : x->text);
	} else {
		if (x->file)
			json_member(f, "file", x->file);
		json_member(f, "text", x->text);
	}
	json_member(f, "remedy", x->remedy[0] ? x->remedy : NULL);
	fputc('}', f);
}

static void json_part(FILE *f, const char *key, const struct findings *l, bool is_kinds)
{
	size_t i;

	fprintf(f, ",\"%s\":[", key);
	for (i = 0; i < l->cnt; i++) {
		fputs(i ? "," : "", f);
		json_finding(f, &l->items[i], is_kinds);
	}
	fputc(']', f);
}

static void json_patient(FILE *f, const struct patient *patient)
{
	fprintf(f, "{\"pid\":%u", patient->pid);
	json_member(f, "comm", patient->comm);
	json_part(f, "allocators", &patient->allocators, false);
	json_part(f, "runtimes", &patient->runtimes, false);
	fputc('}', f);
}

void doctor_json(FILE *f, const struct doctor *d)
{
	size_t i;

	fprintf(f, "{\"can_capture\":%s", doctor_can_capture(d) ? "true" : "false");
	json_member(f, "version", EBPROF_VERSION);
	json_member(f, "kernel", d->host.system.release);
	json_member(f, "machine", d->host.system.machine);
	json_part(f, "kinds", &d->kinds, true);
	json_part(f, "needs", &d->here, false);
	json_part(f, "hazards", &d->hazards, false);
	fputs(",\"processes\":[", f);
	for (i = 0; i < d->patient_cnt; i++) {
		fputs(i ? "," : "", f);
		json_patient(f, &d->patients[i]);
	}
	fputs("]}\n", f);
}
