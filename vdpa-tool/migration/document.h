/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that commands write and read: what describes a device or a management
 * device (as "migration show" prints it with -j), and a device's saved state.
 * They come from elsewhere and may be anything.
 */
#ifndef VDPA_TOOL_DOCUMENT_H
#define VDPA_TOOL_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "migration/description.h"

enum {
	DOCUMENT_SIZE_MAX = 16 * 1024 * 1024,	/* of what describes, in bytes */
	DOCUMENT_STATE_MAX = 96 * 1024 * 1024,	/* of saved states: 64 MiB of private bytes in base64 */
	DOCUMENT_ELEMENTS_MAX = 256 * 1024,	/* commas and opening brackets: what makes JSON take memory */
};

/* A file's text, terminated. */
struct document_text {
	char *bytes;
	size_t len;
	size_t at;		/* where the next document begins */
};

/*
 * Reads @file, "-" for standard input, with @documents of at most @max bytes each; not more
 * than that is ever in memory. Returns 0, or -1 with @err.
 */
int document_read(const char *file, size_t documents, size_t max, struct document_text *text,
		  struct nl_error *err);

/*
 * Reads all of @fd, at most @max bytes, behind what @text has, which is to be freed in any case. Returns 0, or -1
 * with @err.
 */
int document_read_all(int fd, size_t max, struct document_text *text, struct nl_error *err);

void document_text_free(struct document_text *text);

/*
 * Takes the next JSON document of @text. Returns NULL with @err where it is malformed, and with
 * errno 0 where there is none left.
 */
json_t *document_next(struct document_text *text, struct nl_error *err);

/* A file, or a pipe, whose documents are taken as they come: one is in memory. */
struct document_stream {
	int fd;			/* -1: closed */
	char *bytes;		/* of the next document, and what came behind it */
	size_t len, size;
	size_t at;		/* where it begins */
	size_t scanned;		/* looked at so far, for its end */
	size_t elements;
	unsigned int depth;
	bool string, escaped;	/* what is looked at is in a string; behind a backslash */
	bool end;		/* of the file */
};

/* Opens @file, "-" for standard input. Returns 0, or -1 with @err. */
int document_stream_open(const char *file, struct document_stream *stream, struct nl_error *err);

/*
 * Waits for the next document, of at most @max bytes. Returns NULL with @err where it is malformed or
 * cannot be read, and with errno 0 where there is none left.
 */
json_t *document_stream_next(struct document_stream *stream, size_t max, struct nl_error *err);

void document_stream_close(struct document_stream *stream);

/* Which device or management device a document is about. */
struct subject {
	json_t *root;		/* owns all that is below */
	const char *name;
	json_t *body;		/* what stands behind the name */
	bool mgmtdev;
};

/*
 * Reads a file with one document about one device, management device or saved state.
 * Returns 0, or -1 with @err.
 */
int subject_read(const char *file, struct subject *subject, struct nl_error *err);

/* Takes over @root likewise: also in case of an error. */
int subject_parse(json_t *root, struct subject *subject, struct nl_error *err);

void subject_free(struct subject *subject);

/*
 * The description in it; of a management device that for @class. Returns 1, 0
 * where a management device has none for that class, or -1 with @err.
 */
int subject_describe(const struct subject *subject, uint32_t class,
		     struct description *description, struct nl_error *err);

#endif
