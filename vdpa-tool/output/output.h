/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one writer: text for people, or JSON. Values are written as they come. Nothing is kept, so memory does not grow with
 * what is shown, and both forms have the same keys by nature.
 *
 * A document is { "SECTION": { "ENTRY": { ... }, ... } }:
 *
 *	out_begin(out, "dev");
 *	out_entry(out, name, len);
 *	out_text(out, "type", "network");
 *	out_number(out, "max_vqs", 3);
 *	out_list(out, "capabilities");
 *	out_text(out, NULL, "suspend");
 *	out_list_end(out);
 *	out_entry_end(out);
 *	out_end(out, true);
 *
 * As text an entry is "NAME: KEY VALUE KEY VALUE". A list stands on a line of its own, and so does what comes after it. Each
 * row of a table is a line of pairs; a table within it stands below it, further in. Within a line a list is "A,B", an object
 * its pairs, and null, or what is empty, "-".
 *
 * A key is NULL in a list. Keys are our own words: plain ASCII, OUT_KEY_MAX bytes at most; out_key() takes any. Texts may be any
 * bytes, see text.h for how they are shown. Numbers are exact. Levels are OUT_DEPTH_MAX at most.
 */
#ifndef VDPA_TOOL_OUTPUT_H
#define VDPA_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { OUT_KEY_MAX = 64, OUT_DEPTH_MAX = 16, OUT_FORMAT_MAX = 256 };

enum out_kind { OUT_TOP, OUT_LINES, OUT_DOCUMENT, OUT_SECTION, OUT_ENTRY, OUT_OBJECT, OUT_LIST, OUT_TABLE, OUT_ROW };

/* What is being written, and within what. */
struct out_level {
	enum out_kind kind;
	bool within;		/* in text: a list that is part of a line */
	bool broken;		/* in text: the next pair begins a line */
	unsigned int indent;	/* in text: of a row */
	unsigned int depth;	/* in JSON: of what is in it */
	unsigned int count;	/* of what is in it so far */
	const char *key;	/* of a table that has no row yet */
};

struct output {
	FILE *file;
	bool json, pretty;
	bool bare;		/* in text, the next value has no key */
	const char *section;	/* of the document that is begun, until its first entry */
	unsigned long entries;	/* of it so far */
	unsigned int depth;	/* the index of the level that is written */
	struct out_level level[OUT_DEPTH_MAX];
	size_t key_used;	/* of what out_key() left, 0: nothing */
	char key[4 * OUT_KEY_MAX];
	size_t used;		/* of the piece that waits to be written to the file */
	char piece[4096];
};

/* @pretty: JSON is indented. Everything else in @out is set, too. */
void out_open(struct output *out, FILE *file, bool json, bool pretty);

/*
 * Begins a document with one section. Nothing is written before its first entry: what fails at once leaves no trace. Where it
 * ends incomplete, JSON says so beside the section: "incomplete": true.
 */
void out_begin(struct output *out, const char *section);
void out_end(struct output *out, bool complete);

/* An entry of it. */
void out_entry(struct output *out, const char *name, size_t len);
void out_entry_end(struct output *out);

/* A document of any shape: one object, a line in text. At its end it is flushed as far as the file's own buffer. */
void out_document(struct output *out);
void out_document_end(struct output *out);

/* In JSON, an array of documents that begin on lines of their own; in text nothing. */
void out_lines(struct output *out);
void out_lines_end(struct output *out);

/*
 * The key of the next value, whose own is NULL then. In JSON that may also be a document within a document. Longer than
 * OUT_KEY_MAX it is cut.
 */
void out_key(struct output *out, const char *key, size_t len);

/* In text, the next value stands without its key. */
void out_bare(struct output *out);

/* Values. One that stands in no document goes to the file at once. */
void out_text(struct output *out, const char *key, const char *text);
void out_bytes(struct output *out, const char *key, const char *bytes, size_t len);
/* One of our own words: plain ASCII, OUT_KEY_MAX bytes at most. */
void out_word(struct output *out, const char *key, const char *word);
/* Cut at OUT_FORMAT_MAX. */
void out_format(struct output *out, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
void out_number(struct output *out, const char *key, uint64_t value);
/* A string, "0x1f". */
void out_hex(struct output *out, const char *key, uint64_t value);
void out_bool(struct output *out, const char *key, bool value);
void out_null(struct output *out, const char *key);
/* A value that is JSON already, not indented. */
void out_json(struct output *out, const char *key, const char *json);

/* A text in parts, as many as wanted. */
void out_text_begin(struct output *out, const char *key);
void out_part(struct output *out, const char *bytes, size_t len);
void out_text_end(struct output *out);

void out_list(struct output *out, const char *key);
void out_list_end(struct output *out);

/* A range of addresses in a list: in text [ASID:]0xFIRST-0xLAST, the address space 0 left out; in JSON an object. */
void out_range(struct output *out, uint32_t asid, uint64_t first, uint64_t last);

/* A few pairs. */
void out_object(struct output *out, const char *key);
void out_object_end(struct output *out);

/* An array of objects. */
void out_table(struct output *out, const char *key);
void out_row(struct output *out);
void out_row_end(struct output *out);
void out_table_end(struct output *out);

#endif
