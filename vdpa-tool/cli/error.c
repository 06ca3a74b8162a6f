// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/ahead.h"
#include "cli/error.h"
#include "output/text.h"

/* Plain sentences for what the kernel says with a bare number. */
static const struct {
	int errnum;
	const char *text;
} sentences[] = {
	{ EPERM,	"not permitted: this needs CAP_NET_ADMIN" },
	{ EACCES,	"not permitted: this needs CAP_NET_ADMIN" },
	{ ENODEV,	"no such device" },
	{ ENOENT,	"no such device" },
	{ EEXIST,	"a device of that name exists already" },
	{ EBUSY,	"the device is in use" },
	{ EINVAL,	"the kernel does not accept these values" },
	{ ERANGE,	"a value is out of range" },
	{ EOPNOTSUPP,	"not supported by this device or management device" },
	{ EAGAIN,	"not available at the moment" },
	{ ENOSPC,	"the management device has no room for another device" },
	{ ENOMEM,	"the kernel is out of memory" },
	{ ENOBUFS,	"the reply was lost, its buffer was full: try again" },
	{ EMSGSIZE,	"the reply does not fit into a message" },
	{ EBADMSG,	"the reply is malformed" },
};

static const char *errno_sentence(int errnum)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].errnum == errnum)
			return sentences[i].text;
	return strerror(errnum);
}

/* What it is about, beside the message: the place in a batch. */
static void write_place(json_t *inner)
{
	char *file;

	if (!options.batch)
		return;
	file = text_utf8(options.batch, strlen(options.batch));
	json_object_set_new(inner, "file", json_string(file));
	if (options.line)
		json_object_set_new(inner, "line", json_integer(options.line));
	free(file);
}

/* @about: under @key; NULL: nothing */
static void write_json(const char *kind, int errnum, const char *attribute, const char *message,
		       const char *key, json_t *about)
{
	const char *name = errnum ? strerrorname_np(errnum) : NULL;
	char *clean = text_utf8(message, strlen(message));
	json_t *inner = json_object();
	json_t *outer = json_object();

	if (errnum)
		json_object_set_new(inner, "errno",
				    name ? json_string(name) : json_integer(errnum));
	json_object_set_new(inner, "message", json_string(clean));
	if (attribute)
		json_object_set_new(inner, "attribute", json_string(attribute));
	write_place(inner);
	if (about)
		json_object_set(inner, key, about);
	json_object_set_new(outer, kind, inner);
	json_dumpf(outer, stderr, JSON_COMPACT);
	fputc('\n', stderr);
	json_decref(outer);
	free(clean);
}

static void write_text(const char *attribute, const char *message)
{
	char *clean = text_utf8(message, strlen(message));

	fputs("vdpa: ", stderr);
	if (options.batch) {
		char *file = text_utf8(options.batch, strlen(options.batch));

		text_print(stderr, file);
		free(file);
		if (options.line)
			fprintf(stderr, ":%lu", options.line);
		fputs(": ", stderr);
	}
	text_print(stderr, clean);
	if (attribute)
		fprintf(stderr, " (%s)", attribute);
	fputc('\n', stderr);
	free(clean);
}

/* Standard output goes first, so that the two read in order where they meet. */
static void report(int errnum, const char *attribute, const char *message)
{
	fflush(stdout);
	if (options.json)
		write_json("error", errnum, attribute, message, NULL, NULL);
	else
		write_text(attribute, message);
}

static char *format_message(const char *format, va_list args)
{
	char *message;

	if (vasprintf(&message, format, args) < 0)
		error_no_memory();
	return message;
}

enum status error_usage(const struct vdpa *vdpa, const char *format, ...)
{
	bool named = vdpa && *vdpa->path;
	char *message, *full;
	va_list args;

	/* What lines before this one have to say comes first. */
	if (vdpa && vdpa->ahead)
		ahead_finish(vdpa->ahead, NULL);
	va_start(args, format);
	message = format_message(format, args);
	va_end(args);
	if (asprintf(&full, "%s%s%s", named ? vdpa->path : "", named ? ": " : "", message) < 0)
		error_no_memory();
	report(EINVAL, NULL, full);
	if (!options.json)
		fprintf(stderr, "Try \"vdpa %s%shelp\".\n", vdpa ? vdpa->help : "",
			vdpa && *vdpa->help ? " " : "");
	free(full);
	free(message);
	return STATUS_USAGE;
}

const char *error_reason(const struct nl_error *err)
{
	return *err->message ? err->message : errno_sentence(err->errnum);
}

enum status error_refused(const char *subject, const struct nl_error *err)
{
	const char *reason = error_reason(err);
	bool named = !subject || strstr(reason, subject);
	char *message;

	if (asprintf(&message, "%s%s%s", named ? "" : subject, named ? "" : ": ", reason) < 0)
		error_no_memory();
	report(err->errnum, *err->attribute ? err->attribute : NULL, message);
	free(message);
	return STATUS_REFUSED;
}

void error_local(int errnum, const char *format, ...)
{
	char *message, *full;
	va_list args;

	va_start(args, format);
	message = format_message(format, args);
	va_end(args);
	if (asprintf(&full, "%s: %s", message, strerror(errnum)) < 0)
		error_no_memory();
	report(errnum, NULL, full);
	free(full);
	free(message);
}

enum status error_file(const char *file, const struct nl_error *err)
{
	char *message;

	if (asprintf(&message, "%s: %s", file, *err->message ? err->message :
		     strerror(err->errnum)) < 0)
		error_no_memory();
	report(err->errnum, NULL, message);
	free(message);
	return STATUS_USAGE;
}

void error_note_about(const char *message, const char *key, json_t *about)
{
	fflush(stdout);
	if (options.json)
		write_json("warning", 0, NULL, message, key, about);
	else
		write_text(NULL, message);
}

void error_note(const char *message)
{
	error_note_about(message, NULL, NULL);
}

void error_devices_changed(void)
{
	error_note("the devices changed while they were listed: those added or removed "
		   "meanwhile may be missing or shown");
}

void error_no_memory(void)
{
	fputs(options.json ? "{\"error\":{\"errno\":\"ENOMEM\",\"message\":\"out of memory\"}}\n" :
			     "vdpa: out of memory\n", stderr);
	exit(STATUS_USAGE);
}
