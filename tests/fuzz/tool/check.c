// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "check.h"
#include "output/text.h"
#include "command/command.h"

/* --- what was printed --- */

/* A stream of the command's, and what came out of it. */
static struct stream {
	FILE **place;		/* &stdout or &stderr */
	FILE *own, *caught;
	char *bytes;
	size_t len, size;
} out = { .place = &stdout }, err = { .place = &stderr };

static int argument_count;
static char **arguments;

static ssize_t stream_write(void *cookie, const char *bytes, size_t len)
{
	struct stream *stream = cookie;

	if (stream->len + len + 1 > stream->size) {
		stream->size = 2 * (stream->len + len + 1);
		stream->bytes = realloc(stream->bytes, stream->size);
	}
	memcpy(stream->bytes + stream->len, bytes, len);
	stream->len += len;
	stream->bytes[stream->len] = '\0';
	return len;
}

static void stream_begin(struct stream *stream)
{
	static const cookie_io_functions_t functions = { .write = stream_write };

	if (!stream->caught)
		stream->caught = fopencookie(stream, "w", functions);
	stream->len = 0;
	stream_write(stream, "", 0);
	stream->own = *stream->place;
	*stream->place = stream->caught;
}

static void stream_end(struct stream *stream)
{
	fflush(stream->caught);
	clearerr(stream->caught);
	*stream->place = stream->own;
}

static void show(void)
{
	fputs("vdpa", stderr);
	for (int i = 0; i < argument_count; i++)
		fprintf(stderr, " '%s'", arguments[i]);
	fprintf(stderr, "\n--- standard output\n%s--- standard error\n%s---\n", out.bytes, err.bytes);
}

void check_fail(const char *what)
{
	/* libFuzzer has a stream of its own, which goes where standard error went first. */
	if (out.own && stdout != out.own) {
		stream_end(&out);
		stream_end(&err);
	}
	fprintf(stderr, "broken promise: %s\n", what);
	show();
	abort();
}

static void expect(bool kept, const char *what)
{
	if (!kept)
		check_fail(what);
}

/* --- promises --- */

/* An error, or a batch with one. */
static bool has_error(const json_t *root)
{
	json_t *element;
	size_t i;

	json_array_foreach(root, i, element)
		if (has_error(element))
			return true;
	return json_is_object(json_object_get(root, "error"));
}

/* Takes what is in @stream as JSON documents. Numbers may go to 2^64 - 1, which the library's integers do not. Returns how many there are, those with an "error" alone: @errors; -1: it is none */
static int documents(const struct stream *stream, int *errors)
{
	size_t at = 0;
	int count = 0;

	for (; at < stream->len; count++) {
		json_error_t where;
		json_t *root = json_loadb(stream->bytes + at, stream->len - at,
					  JSON_DISABLE_EOF_CHECK | JSON_DECODE_INT_AS_REAL, &where);

		if (!root)
			return -1;
		*errors += has_error(root);
		json_decref(root);
		at += where.position;
		at += strspn(stream->bytes + at, "\n");
	}
	return count;
}

static bool is_text(const struct stream *stream)
{
	for (size_t at = 0, n; at < stream->len; at += n) {
		n = text_character(stream->bytes + at, stream->len - at);
		if (!n || (stream->bytes[at] != '\n' && text_is_control(stream->bytes + at)))
			return false;
	}
	return true;
}

static void check_json(const struct outcome *outcome)
{
	int errors = 0;

	expect(documents(&out, &errors) >= 0, "with -j standard output is JSON");
	expect(documents(&err, &errors) >= 0, "with -j standard error is JSON");
	expect(outcome->status != STATUS_DONE || !errors, "what is done has no error");
	expect(outcome->status == STATUS_DONE || outcome->status == STATUS_UNFIT || errors,
	       "what is not done has an error");
}

/* A saved state is JSON, always. */
static void check_text(const struct outcome *outcome)
{
	int none = 0;

	expect(is_text(&out) || documents(&out, &none) >= 0, "text on standard output has no control characters");
	expect(is_text(&err), "text on standard error has no control characters");
	expect(outcome->status == STATUS_DONE || outcome->status == STATUS_UNFIT || err.len,
	       "what is not done is told");
}

static void check_outcome(const struct outcome *outcome)
{
	expect(outcome->status >= STATUS_DONE && outcome->status <= STATUS_UNFIT, "the exit status is one of vdpa(8)'s");
	expect(outcome->status != STATUS_USAGE || !outcome->sent || options.batch, "where arguments are wrong nothing is sent");
	expect(outcome->open == 0, "what is opened is closed");
	if (options.json)
		check_json(outcome);
	else
		check_text(outcome);
}

/* --- showing that they are checked --- */

static void *volatile memory;

static void lose_memory(void)
{
	memory = malloc(100);
	memory = NULL;
}

static void tamper(const char *with, struct outcome *outcome)
{
	if (strcmp(with, "status") == 0)
		outcome->status = STATUS_UNFIT + 1;
	else if (strcmp(with, "output") == 0)
		stream_write(&out, options.json ? "]" : "\033[2J", options.json ? 1 : 4);
	else if (strcmp(with, "error") == 0)
		stream_write(&err, options.json ? "]" : "\377", 1);
	else if (strcmp(with, "open") == 0)
		outcome->open = 1;
	else if (strcmp(with, "sent") == 0)
		*outcome = (struct outcome){ .status = STATUS_USAGE, .sent = 1 };
	else if (strcmp(with, "memory") == 0)
		lose_memory();
	else if (strcmp(with, "overread") != 0)
		check_fail("FUZZ_TAMPER is unknown");
}

void check_overread(const char *byte)
{
	const char *with = getenv("FUZZ_TAMPER");

	if (with && strcmp(with, "overread") == 0)
		memory = (void *)(uintptr_t)*byte;
}

void check_begin(struct outcome *outcome, int count, char **words)
{
	memset(outcome, 0, sizeof(*outcome));
	argument_count = count;
	arguments = words;
	stream_begin(&out);
	stream_begin(&err);
}

void check_end(const struct outcome *outcome)
{
	const char *with = getenv("FUZZ_TAMPER");
	struct outcome seen = *outcome;

	stream_end(&out);
	stream_end(&err);
	if (getenv("FUZZ_SHOW")) {
		show();
		fprintf(stderr, "exit status %d\n", outcome->status);
	}
	if (with)
		tamper(with, &seen);
	check_outcome(&seen);
}

/* --- requests --- */

static bool attributes_fit(const char *at, const char *tail, int depth)
{
	while (at < tail) {
		const struct nlattr *attr = (const void *)at;

		if (!mnl_attr_ok(attr, tail - at) || MNL_ALIGN(attr->nla_len) > tail - at)
			return false;
		if (attr->nla_type & NLA_F_NESTED &&
		    (depth > 3 || !attributes_fit(at + MNL_ATTR_HDRLEN, at + attr->nla_len, depth + 1)))
			return false;
		at += MNL_ALIGN(attr->nla_len);
	}
	return true;
}

void check_request(const void *request, size_t len)
{
	const struct nlmsghdr *nlh = request;

	expect(nlh->nlmsg_len == len && len >= NLMSG_HDRLEN + GENL_HDRLEN &&
	       attributes_fit((const char *)request + NLMSG_HDRLEN + GENL_HDRLEN, (const char *)request + len, 0),
	       "what is sent is well-formed");
}
