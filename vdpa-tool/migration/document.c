// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migration/document.h"
#include "cli/error.h"
#include "migration/description_netlink.h"

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

static int text_check(const struct document_text *text, size_t max, struct nl_error *err)
{
	size_t elements = 0;

	for (size_t i = 0; i < text->len; i++)
		elements += text->bytes[i] == ',' || text->bytes[i] == '[' || text->bytes[i] == '{';
	if (elements > max)
		return nl_fail(err, EFBIG, "has more than %zu elements", max);
	return 0;
}

int document_read(const char *file, size_t documents, size_t max, struct document_text *text,
		  struct nl_error *err)
{
	bool standard = strcmp(file, "-") == 0;
	int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	int failed;

	memset(text, 0, sizeof(*text));
	if (fd < 0)
		return nl_fail(err, errno, "%s", strerror(errno));
	failed = document_read_all(fd, documents * max, text, err);
	if (!standard)
		close(fd);
	if (!failed)
		failed = text_check(text, documents * DOCUMENT_ELEMENTS_MAX, err);
	if (failed)
		document_text_free(text);
	return failed;
}

void document_text_free(struct document_text *text)
{
	free(text->bytes);
	memset(text, 0, sizeof(*text));
}

/* --- JSON --- */

static const char blanks[] = " \t\r\n";

json_t *document_next(struct document_text *text, struct nl_error *err)
{
	json_error_t where;
	json_t *root;

	/* A NUL is no blank: what follows it is looked at, and refused. */
	while (text->at < text->len && text->bytes[text->at] && strchr(blanks, text->bytes[text->at]))
		text->at++;
	memset(err, 0, sizeof(*err));
	if (text->at == text->len)
		return NULL;
	root = json_loadb(text->bytes + text->at, text->len - text->at,
			  JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &where);
	if (root)
		text->at += where.position;
	else
		nl_fail(err, EINVAL, "no JSON: line %d, column %d: %s", where.line, where.column,
			where.text);
	return root;
}

/* --- documents as they come --- */

int document_stream_open(const char *file, struct document_stream *stream, struct nl_error *err)
{
	*stream = (struct document_stream){ .fd = STDIN_FILENO };
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
	return 0;
}

/* Past blanks, or to the end of what there is. */
static void stream_skip(struct document_stream *stream)
{
	while (stream->at < stream->len && stream->bytes[stream->at] &&
	       strchr(blanks, stream->bytes[stream->at]))
		stream->at++;
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
	switch (stream->bytes[stream->scanned++]) {
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
	stream->string = false;
	stream->escaped = false;
	while (!stream_scan(stream)) {
		if (stream->len - stream->at > max)
			return nl_fail(err, EFBIG, "is larger than %zu MiB", max >> 20);
		if (stream_read(stream, err) < 0)
			return -1;
	}
	if (stream->scanned - stream->at > max)
		return nl_fail(err, EFBIG, "is larger than %zu MiB", max >> 20);
	if (stream->elements > DOCUMENT_ELEMENTS_MAX)
		return nl_fail(err, EFBIG, "has more than %d elements", DOCUMENT_ELEMENTS_MAX);
	return 0;
}

json_t *document_stream_next(struct document_stream *stream, size_t max, struct nl_error *err)
{
	json_error_t where;
	json_t *root;

	memset(err, 0, sizeof(*err));
	stream_shift(stream);
	stream_skip(stream);
	while (stream->at == stream->len && !stream->end) {
		if (stream_read(stream, err) < 0)
			return NULL;
		stream_skip(stream);
	}
	if (stream->at == stream->len || stream_await(stream, max, err) < 0)
		return NULL;
	root = json_loadb(stream->bytes + stream->at, stream->len - stream->at,
			  JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &where);
	if (root)
		stream->at += where.position;
	else
		nl_fail(err, EINVAL, "no JSON: line %d, column %d: %s", where.line, where.column,
			where.text);
	return root;
}

/* --- what it is about --- */

/* A state that was copied in rounds: the others and what comes after them are in the same file. */
static bool is_round(const json_t *root)
{
	return json_object_get(json_object_get(root, "vdpa_state"), "round");
}

/* The only pair of an object; NULL where it is none, or has more or less. */
static const char *only_key(json_t *object, json_t **value)
{
	void *pair;

	if (!json_is_object(object) || json_object_size(object) != 1)
		return NULL;
	pair = json_object_iter(object);
	*value = json_object_iter_value(pair);
	return json_object_iter_key(pair);
}

static int saved_state(struct subject *subject, json_t *state, struct nl_error *err)
{
	subject->name = json_string_value(json_object_get(state, "device"));
	subject->body = state;
	return subject->name ? 0 : nl_fail(err, EINVAL, "the saved state names no \"device\"");
}

int subject_parse(json_t *root, struct subject *subject, struct nl_error *err)
{
	json_t *section = NULL;
	const char *kind = only_key(root, &section);

	*subject = (struct subject){ .root = root };
	if (kind && strcmp(kind, "vdpa_state") == 0)
		return saved_state(subject, section, err);
	if (!kind || (strcmp(kind, "dev") != 0 && strcmp(kind, "mgmtdev") != 0))
		return nl_fail(err, EINVAL,
			       "is none of {\"dev\": ...}, {\"mgmtdev\": ...} and {\"vdpa_state\": ...}");
	subject->mgmtdev = strcmp(kind, "mgmtdev") == 0;
	subject->name = only_key(section, &subject->body);
	if (!subject->name)
		return nl_fail(err, EINVAL, "is not about exactly one %s",
			       subject->mgmtdev ? "management device" : "device");
	return 0;
}

void subject_free(struct subject *subject)
{
	json_decref(subject->root);
	memset(subject, 0, sizeof(*subject));
}

int subject_read(const char *file, struct subject *subject, struct nl_error *err)
{
	struct document_text text;
	json_t *root, *more = NULL;
	int failed = -1;

	memset(subject, 0, sizeof(*subject));
	if (document_read(file, 1, DOCUMENT_SIZE_MAX, &text, err) < 0)
		return -1;
	root = document_next(&text, err);
	if (root)
		more = document_next(&text, err);
	if (!root && !err->errnum)
		nl_fail(err, EINVAL, "is empty");
	else if (more && !is_round(root))
		nl_fail(err, EINVAL, "has more than one document");
	else if (!err->errnum)
		failed = 0;
	document_text_free(&text);
	json_decref(more);
	if (failed)
		json_decref(root);
	else if (subject_parse(root, subject, err) < 0)
		failed = -1;
	if (failed)
		subject_free(subject);
	return failed;
}

/* --- the description in it --- */

/* What the kernel could not be asked about is not judged here either. */
static int describe(json_t *json, bool mgmtdev, struct description *description,
		    struct nl_error *err)
{
	if (description_parse(json, mgmtdev, description, err) < 0)
		return -1;
	if (description_fits(description))
		return 1;
	description_free(description);
	return nl_fail(err, EFBIG, "has more attributes than fit into a request");
}

int subject_describe(const struct subject *subject, uint32_t class,
		     struct description *description, struct nl_error *err)
{
	json_t *list = json_object_get(subject->body, "classes");
	struct description one;
	json_t *json;
	int found = 0;
	size_t i;

	memset(description, 0, sizeof(*description));
	if (!subject->mgmtdev)
		return describe(subject->body, false, description, err);
	if (!json_is_array(list))
		return nl_fail(err, EINVAL, "there is no \"classes\" with an array");
	json_array_foreach(list, i, json) {
		if (describe(json, true, &one, err) < 0)
			goto malformed;
		if (one.class != class) {
			description_free(&one);
			continue;
		}
		if (found++) {
			description_free(&one);
			nl_fail(err, EINVAL, "one class is there twice");
			goto malformed;
		}
		*description = one;
	}
	return found;

malformed:
	description_free(description);
	return -1;
}
