// SPDX-License-Identifier: Apache-2.0
#include "symbolize/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"

/* A record is its head and what follows it: a text and its NUL, frames, or nothing. */
enum { ANSWER_TEXT = 1, ANSWER_FRAMES = 2, ANSWER_END = 3 };
enum { END_BAD = 1, END_MISMATCH = 2, END_LACKS = 4, END_LARGE = 8 };

struct answer_head {
	uint32_t type;
	uint32_t cnt;   /* bytes of a text without its NUL, or frames; ANSWER_END: missing_dwo */
	uint32_t index; /* of the first address; ANSWER_END: the others, a bit each */
	uint32_t run;   /* how many addresses from there on have these frames */
};

int answer_open(struct answer_writer *w, int fd)
{
	memset(w, 0, sizeof(*w));
	w->fd = fd;
	return strings_init(&w->texts);
}

static void flush(struct answer_writer *w)
{
	size_t done = 0;
	ssize_t n;

	while (!w->failed && done < w->used) {
		n = write(w->fd, w->buffer + done, w->used - done);
		if (n < 0 && errno != EINTR)
			w->failed = true;
		done += n > 0 ? (size_t)n : 0;
	}
	w->used = 0;
}

static void put(struct answer_writer *w, const void *data, size_t size)
{
	const unsigned char *from = data;
	size_t n;

	while (size) {
		if (w->used == sizeof(w->buffer))
			flush(w);
		n = sizeof(w->buffer) - w->used;
		if (n > size)
			n = size;
		memcpy(w->buffer + w->used, from, n);
		w->used += n;
		from += n;
		size -= n;
	}
}

/* The number of a text, which is written when it is new; 'guess' is the number of one that it may be. */
static uint32_t put_text(struct answer_writer *w, const char *text, uint32_t guess)
{
	struct answer_head head = { .type = ANSWER_TEXT };
	uint32_t number;

	if (!text || !*text)
		return 0;
	if (guess && !strcmp(strings_get(&w->texts, guess), text))
		return guess;
	number = strings_add(&w->texts, text, strlen(text));
	if (number <= w->text_cnt)
		return number;
	w->text_cnt = number;
	head.cnt = (uint32_t)strlen(text);
	put(w, &head, sizeof(head));
	put(w, text, head.cnt + 1ul);
	return number;
}

static void put_run(struct answer_writer *w)
{
	struct answer_head head = { .type = ANSWER_FRAMES,
		                    .cnt = w->run.frame_cnt,
		                    .index = w->run.index,
		                    .run = w->run.cnt };

	if (w->run.cnt) {
		put(w, &head, sizeof(head));
		put(w, w->run.frames, w->run.frame_cnt * sizeof(*w->run.frames));
	}
	w->run.cnt = 0;
}

void answer_put(struct answer_writer *w, uint32_t index, const struct names_frame *frames,
                size_t cnt)
{
	const struct answer_frame none = { 0 }, *last;
	struct answer_frame to[NAMES_MAX];
	size_t i;

	for (i = 0; i < cnt && i < NAMES_MAX; i++) {
		last = i < w->run.frame_cnt ? &w->run.frames[i] : &none;
		to[i] = (struct answer_frame){ .linkage = put_text(w, frames[i].linkage,
			                                           last->linkage),
			                       .path = put_text(w, frames[i].path, last->path),
			                       .line = frames[i].line,
			                       .start_line = frames[i].start_line };
	}
	if (w->run.cnt && index == w->run.index + w->run.cnt && i == w->run.frame_cnt &&
	    !memcmp(w->run.frames, to, i * sizeof(*to))) {
		w->run.cnt++;
		return;
	}
	put_run(w);
	w->run.index = index;
	w->run.cnt = 1;
	w->run.frame_cnt = (uint32_t)i;
	memcpy(w->run.frames, to, i * sizeof(*to));
}

int answer_close(struct answer_writer *w, const struct answer_end *end)
{
	struct answer_head head = { .type = ANSWER_END, .cnt = end->missing_dwo };

	head.index = (end->bad ? END_BAD : 0) | (end->mismatch ? END_MISMATCH : 0) |
	             (end->lacks ? END_LACKS : 0) | (end->large ? END_LARGE : 0);
	put_run(w);
	put(w, &head, sizeof(head));
	flush(w);
	return w->failed ? -EIO : 0;
}

/* What is left to read. */
struct rest {
	const char *at;
	size_t size;
};

static const void *take(struct rest *r, size_t size)
{
	const char *at = r->at;

	if (size > r->size)
		return NULL;
	r->at += size;
	r->size -= size;
	return at;
}

/* Adds a text. 0, -ENOMEM, or -EPROTO: it is none. */
static int read_text(struct answer *a, struct rest *r, uint32_t len)
{
	const char *text = take(r, len + 1ul), **texts;

	if (!text || memchr(text, 0, len + 1ul) != text + len)
		return -EPROTO;
	texts = array_reserve(a->texts, &a->text_cap, a->text_cnt + 1, sizeof(*texts));
	if (!texts)
		return -ENOMEM;
	a->texts = texts;
	a->texts[a->text_cnt++] = text;
	return 0;
}

static const char *text_of(const struct answer *a, uint32_t number)
{
	return number && number <= a->text_cnt ? a->texts[number - 1] : NULL;
}

/*
 * Does the run lie among the addresses that were asked about? All runs together are no longer than these, so
 * that no worker keeps its reader busy; of an address in two of them the later one counts.
 */
static bool is_run(const struct answer *a, const struct answer_head *head)
{
	return head->run && head->index < a->place_cnt && head->run <= a->place_cnt - head->index &&
	       head->run <= a->place_cnt - a->told;
}

static int read_frames(struct answer *a, struct rest *r, const struct answer_head *head)
{
	const char *from =
		head->cnt <= NAMES_MAX ? take(r, head->cnt * sizeof(struct answer_frame)) : NULL;
	struct answer_place place = { (uint32_t)a->frame_cnt, head->cnt };
	struct names_frame *frames;
	struct answer_frame frame;
	uint32_t i;

	if (!from || !head->cnt || !is_run(a, head))
		return -EPROTO;
	frames = array_reserve(a->frames, &a->frame_cap, a->frame_cnt + head->cnt, sizeof(*frames));
	if (!frames)
		return -ENOMEM;
	a->frames = frames;
	for (i = 0; i < head->cnt; i++) {
		memcpy(&frame, from + i * sizeof(frame), sizeof(frame));
		if (!text_of(a, frame.linkage))
			return -EPROTO;
		a->frames[a->frame_cnt++] =
			(struct names_frame){ .linkage = text_of(a, frame.linkage),
			                      .path = text_of(a, frame.path),
			                      .line = frame.line,
			                      .start_line = frame.start_line };
	}
	a->told += head->run;
	for (i = 0; i < head->run; i++)
		a->places[head->index + i] = place;
	return 0;
}

/* 1: the end. */
static int read_record(struct answer *a, struct rest *r)
{
	const void *at = take(r, sizeof(struct answer_head));
	struct answer_head head;

	if (!at)
		return -EPROTO;
	memcpy(&head, at, sizeof(head));
	if (head.type == ANSWER_TEXT)
		return read_text(a, r, head.cnt);
	if (head.type == ANSWER_FRAMES)
		return read_frames(a, r, &head);
	if (head.type != ANSWER_END)
		return -EPROTO;
	a->end = (struct answer_end){ .bad = head.index & END_BAD,
		                      .mismatch = head.index & END_MISMATCH,
		                      .lacks = head.index & END_LACKS,
		                      .large = head.index & END_LARGE,
		                      .missing_dwo = head.cnt };
	a->whole = true;
	return 1;
}

int answer_read(struct answer *a, char *bytes, size_t size, size_t cnt)
{
	struct rest r = { bytes, size };
	int err = 0;

	memset(a, 0, sizeof(*a));
	a->bytes = bytes;
	a->places = calloc(cnt + 1, sizeof(*a->places));
	if (!a->places)
		return -ENOMEM;
	a->place_cnt = cnt;
	while (!err)
		err = read_record(a, &r);
	return err == -ENOMEM ? err : 0;
}

void answer_release(struct answer *a)
{
	free(a->frames);
	free(a->places);
	free(a->texts);
	free(a->bytes);
	memset(a, 0, sizeof(*a));
}

const struct names_frame *answer_frames(const struct answer *a, size_t index, size_t *cnt)
{
	*cnt = index < a->place_cnt ? a->places[index].cnt : 0;
	return *cnt ? a->frames + a->places[index].first : NULL;
}
