// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/number.h"
#include "migration/document.h"
#include "output/text.h"

/* --- bytes --- */

enum { FIRST_READ = 64 * 1024 };

static ssize_t read_some(int fd, char *buf, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, buf, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* One byte beyond @max is asked for, to know whether there is one. */
int document_read_all(int fd, size_t max, struct document_text *text, struct nl_error *err)
{
	size_t size = 0;
	ssize_t n;

	do {
		if (text->len == size) {
			size = size ? 2 * size : FIRST_READ;
			if (size > max + 1)
				size = max + 1;
			text->bytes = realloc(text->bytes, size + 1);
			if (!text->bytes)
				error_no_memory();
		}
		n = read_some(fd, text->bytes + text->len, size - text->len);
		if (n < 0)
			return nl_fail(err, errno, "%s", strerror(errno));
		text->len += n;
		if (text->len > max)
			return nl_fail(err, EFBIG, "is larger than %zu MiB", max >> 20);
	} while (n > 0);
	text->bytes[text->len] = '\0';
	return 0;
}

void document_text_free(struct document_text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

/* --- JSON --- */

enum { LARGE_DIGITS = 19 };	/* of 2^63 - 1 */

static const char blanks[] = " \t\r\n", digits[] = "0123456789", number[] = "0123456789+-.eE";

/* How many of @len bytes are one of @set, from the first on. A NUL is none. */
static size_t span(const char *text, size_t len, const char *set)
{
	size_t n = 0;

	while (n < len && text[n] && strchr(set, text[n]))
		n++;
	return n;
}

/* What an integer that the library has no room for becomes; it has no leading zeros, which are no JSON. */
static const char large_begin[] = "{\"\":\"", large_end[] = "\"}";

bool document_number(const json_t *json, uint64_t *value)
{
	if (json_object_size(json) == 1)
		json = json_object_get(json, "");
	if (json_is_string(json))
		return args_number(json_string_value(json), 0, UINT64_MAX, value);
	if (!json_is_integer(json) || json_integer_value(json) < 0)
		return false;
	*value = json_integer_value(json);
	return true;
}

char *document_string(const json_t *json)
{
	return json_is_string(json) ? text_bytes(json_string_value(json)) : NULL;
}

bool document_bits(const json_t *json, struct bits *bits)
{
	if (json_is_string(json))
		return bits_parse(json_string_value(json), bits);
	*bits = bits_of(0);
	return document_number(json, &bits->word[0]);
}

/* Whether so many digits are an integer above 2^63 - 1. */
static bool is_large(const char *digits, size_t len)
{
	return len > LARGE_DIGITS || (len == LARGE_DIGITS && memcmp(digits, "9223372036854775807", len) > 0);
}

/* The length of the string at @text, with its quotes, within @len bytes. */
static size_t string_length(const char *text, size_t len)
{
	size_t at = 1;

	while (at < len && text[at] != '"')
		at += text[at] == '\\' ? 2 : 1;
	return at < len ? at + 1 : len;
}

/* A copy of @len bytes of JSON, in which large integers are what the library can hold. */
static char *copy_with_room(const char *text, size_t len, size_t *copied)
{
	char *copy;
	FILE *file = open_memstream(&copy, copied);
	size_t n;

	if (!file)
		error_no_memory();
	for (size_t at = 0; at < len; at += n) {
		bool large = false;

		n = 1;
		if (text[at] == '"') {
			n = string_length(text + at, len - at);
		} else if (strchr(number, text[at]) && text[at]) {
			n = span(text + at, len - at, number);
			large = span(text + at, n, digits) == n && is_large(text + at, n);
		}
		fprintf(file, "%s", large ? large_begin : "");
		fwrite(text + at, 1, n, file);
		fprintf(file, "%s", large ? large_end : "");
	}
	if (fclose(file) != 0)
		error_no_memory();
	return copy;
}

static json_t *load(const char *text, size_t len, bool large, struct nl_error *err)
{
	char *copy = large ? copy_with_room(text, len, &len) : NULL;
	json_error_t where;
	json_t *root = json_loadb(copy ? copy : text, len, JSON_REJECT_DUPLICATES, &where);

	free(copy);
	if (!root)
		nl_fail(err, EINVAL, "no JSON: line %d, column %d: %s", where.line, where.column, where.text);
	return root;
}

/* --- documents as they come --- */

int document_stream_open(const char *file, size_t max, struct document_stream *stream, struct nl_error *err)
{
	*stream = (struct document_stream){ .fd = STDIN_FILENO, .max = max };
	if (strcmp(file, "-") != 0)
		stream->fd = open(file, O_RDONLY | O_CLOEXEC);
	return stream->fd < 0 ? nl_fail(err, errno, "%s", strerror(errno)) : 0;
}

void document_stream_close(struct document_stream *stream)
{
	if (stream->fd > STDIN_FILENO)
		close(stream->fd);
	free(stream->bytes);
	*stream = (struct document_stream){ .fd = -1 };
}

/* Forgets what was taken. */
static void stream_shift(struct document_stream *stream)
{
	if (!stream->at)
		return;
	memmove(stream->bytes, stream->bytes + stream->at, stream->len - stream->at);
	stream->len -= stream->at;
	stream->at = 0;
}

static int too_large(size_t max, struct nl_error *err)
{
	return nl_fail(err, EFBIG, "is larger than %zu MiB", max >> 20);
}

/* Appends what there is. Sets end where there is nothing any more. */
static int stream_read(struct document_stream *stream, struct nl_error *err)
{
	ssize_t n;

	if (stream->len == stream->size) {
		stream->size = stream->size ? 2 * stream->size : FIRST_READ;
		stream->bytes = realloc(stream->bytes, stream->size);
		if (!stream->bytes)
			error_no_memory();
	}
	n = read_some(stream->fd, stream->bytes + stream->len, stream->size - stream->len);
	if (n < 0)
		return nl_fail(err, errno, "%s", strerror(errno));
	stream->len += n;
	stream->end = n == 0;
	stream->total += n;
	return stream->total <= stream->max ? 0 : too_large(stream->max, err);
}

/* Looks at what is in a string up to its end: nearly all of a document is base64. */
static void scan_string(struct document_stream *stream)
{
	while (stream->string && stream->scanned < stream->len) {
		const char *from = stream->bytes + stream->scanned;
		size_t left = stream->len - stream->scanned;
		const char *quote = stream->escaped ? NULL : memchr(from, '"', left);
		const char *slash = stream->escaped ? NULL : memchr(from, '\\', quote ? (size_t)(quote - from) : left);

		if (stream->escaped) {
			stream->escaped = false;
			stream->scanned++;
		} else if (slash) {
			stream->escaped = true;
			stream->scanned += slash - from + 1;
		} else {
			stream->string = !quote;
			stream->scanned += quote ? (size_t)(quote - from + 1) : left;
		}
	}
}

/* Looks at one byte outside of strings. Returns whether the document ends behind it. */
static bool scan_byte(struct document_stream *stream)
{
	char c = stream->bytes[stream->scanned++];

	stream->digits = c >= '0' && c <= '9' ? stream->digits + 1 : 0;
	stream->large |= stream->digits >= LARGE_DIGITS;
	switch (c) {
	case '"':
		stream->string = true;
		return false;
	case '{':
	case '[':
		stream->depth++;
		stream->elements++;
		return false;
	case '}':
	case ']':
		return stream->depth <= 1 || !--stream->depth;
	case ',':
		stream->elements++;
		return false;
	default:
		return !stream->depth;
	}
}

/* Returns whether all of the document is there. What begins with no bracket is none, and ends at once. */
static bool stream_scan(struct document_stream *stream)
{
	while (stream->scanned < stream->len) {
		if (stream->string)
			scan_string(stream);
		else if (scan_byte(stream))
			return true;
	}
	return stream->end;
}

static int stream_await(struct document_stream *stream, size_t max, struct nl_error *err)
{
	stream->scanned = stream->at;
	stream->elements = 0;
	stream->depth = 0;
	stream->digits = 0;
	stream->large = stream->string = stream->escaped = false;
	while (!stream_scan(stream)) {
		if (stream->len - stream->at > max)
			return too_large(max, err);
		if (stream_read(stream, err) < 0)
			return -1;
	}
	if (stream->scanned - stream->at > max)
		return too_large(max, err);
	if (stream->elements > DOCUMENT_ELEMENTS_MAX)
		return nl_fail(err, EFBIG, "has more than %d elements", DOCUMENT_ELEMENTS_MAX);
	return 0;
}

/* Past blanks, to the next document or to the end. */
static int stream_skip(struct document_stream *stream, struct nl_error *err)
{
	for (;;) {
		if (stream->len)
			stream->at += span(stream->bytes + stream->at, stream->len - stream->at, blanks);
		stream_shift(stream);
		if (stream->len || stream->end)
			return 0;
		if (stream_read(stream, err) < 0)
			return -1;
	}
}

json_t *document_stream_next(struct document_stream *stream, size_t max, struct nl_error *err)
{
	json_t *root;

	memset(err, 0, sizeof(*err));
	if (stream_skip(stream, err) < 0 || !stream->len || stream_await(stream, max, err) < 0)
		return NULL;
	root = load(stream->bytes, stream->scanned, stream->large, err);
	stream->at = stream->scanned;
	return root;
}
