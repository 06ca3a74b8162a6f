// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "error.h"
#include "migration_wire.h"

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

/* --- what it is about --- */

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
	else if (more)
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
	if (migration_wire_fits(description))
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
