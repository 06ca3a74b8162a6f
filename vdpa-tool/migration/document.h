/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON documents, as they come from files: what describes a device or a management device, and saved states.
 * They come from elsewhere and may be anything.
 */
#ifndef VDPA_TOOL_DOCUMENT_H
#define VDPA_TOOL_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "netlink/bits.h"
#include "netlink/nl.h"

enum {
	DOCUMENT_SIZE_MAX = 16 * 1024 * 1024,	/* of what describes, in bytes */
	DOCUMENT_STATE_MAX = 96 * 1024 * 1024,	/* of saved states: 64 MiB of private bytes in base64 */
	DOCUMENT_ELEMENTS_MAX = 256 * 1024,	/* commas and opening brackets: what makes JSON take memory */
};

/* A file's text, terminated. */
struct document_text {
	char *bytes;
	size_t len;
};

/*
 * Reads all of @fd, at most @max bytes. @text is to be freed in any case. Returns 0, or -1 with @err.
 */
int document_read_all(int fd, size_t max, struct document_text *text, struct nl_error *err);

void document_text_free(struct document_text *text);

/* A file, or a pipe, whose documents are taken as they come: one is in memory. */
struct document_stream {
	int fd;			/* -1: closed */
	char *bytes;		/* of the next document, and what came behind it */
	size_t len, size;
	size_t max, total;	/* bytes of the file: at most, and so far */
	size_t at;		/* where it begins */
	size_t scanned;		/* looked at so far, for its end */
	size_t elements;
	unsigned int depth;
	size_t digits;		/* that follow each other, so far */
	bool large;		/* there is a number that is too large for the JSON library */
	bool string, escaped;	/* what is looked at is in a string; behind a backslash */
	bool end;		/* of the file */
};

/* Opens @file, "-" for standard input, of at most @max bytes. Returns 0, or -1 with @err. */
int document_stream_open(const char *file, size_t max, struct document_stream *stream, struct nl_error *err);

/*
 * Waits for the next document, of at most @max bytes. Returns NULL with @err where it is malformed or
 * cannot be read, and with errno 0 where there is none left.
 */
json_t *document_stream_next(struct document_stream *stream, size_t max, struct nl_error *err);

void document_stream_close(struct document_stream *stream);

/*
 * A JSON integer, or a string with a decimal or a 0x number, of 64 bits. Integers above 2^63 - 1, for which the JSON library
 * has no room, are taken as well: documents have them as {"": "DIGITS"}, whatever they stand in.
 */
bool document_number(const json_t *json, uint64_t *value);

/* A copy of the bytes that a string stands for (text.h), to be freed; NULL where it is none. */
char *document_string(const json_t *json);

/* Such a number, or a string with a 0x number of up to 512 bits. */
bool document_bits(const json_t *json, struct bits *bits);

#endif
