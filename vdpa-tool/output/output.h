/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to standard output. One entry, a device for instance, is built as
 * a JSON object and written at once, as JSON or as text: memory does not grow
 * with the number of entries, and both forms have the same keys by nature.
 * Where there may be thousands of entries that are simple, they are written key
 * by key: it takes a tenth of the time, and looks the same.
 */
#ifndef VDPA_TOOL_OUTPUT_H
#define VDPA_TOOL_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

/* Bytes of a key or word of our own, at most. */
enum { OUTPUT_WORD_MAX = 64 };

struct output {
	const char *section;	/* the key of all entries, e.g. "dev" */
	unsigned long entries;	/* written so far */
	unsigned long documents;	/* begun so far, in a batch */
	unsigned int keys, words;	/* of the entry and the list that are being written */
	const char *separator;		/* before its next key, in text */
	size_t used;			/* bytes of the piece of it that waits to be written */
	char piece[1024];
};

/*
 * With -j the documents of a batch are the elements of one array, which begins and ends with these. @out is the
 * last command's.
 */
void output_batch_begin(void);
void output_batch_end(const struct output *out);

/* Begins a section. Nothing is written yet: what fails at once leaves no trace. */
void output_begin(struct output *out, const char *section);

/*
 * Writes one entry and frees @entry.
 * @name: valid UTF-8
 *
 * As text: "name: key value key value"; an array stands on lines of its own,
 * and so does what comes after it. Each object of an array is a line of pairs,
 * in which a list is "a,b", an object its pairs, and an empty one or null "-".
 */
void output_entry(struct output *out, const char *name, json_t *entry);

/*
 * Writes an entry key by key, with values that are strings, numbers, lists of words or of ranges. Between begin and end of a string
 * there are but its parts, between those of a list its words, and nothing else goes to standard output before the entry's
 * end. Keys and words are our own, plain ASCII and no longer than OUTPUT_WORD_MAX; a name or a part may be any bytes
 * (text_utf8()).
 */
void output_entry_begin(struct output *out, const char *bytes, size_t len);
void output_text_begin(struct output *out, const char *key);
void output_text_part(struct output *out, const char *bytes, size_t len);
void output_text_end(struct output *out);
void output_text(struct output *out, const char *key, const char *word);
void output_number(struct output *out, const char *key, uint64_t value);
void output_words_begin(struct output *out, const char *key);
void output_word(struct output *out, const char *word);
void output_words_end(struct output *out);
/* A list of ranges of addresses: in text [ASID:]0xFIRST-0xLAST, the address space 0 left out. */
void output_ranges_begin(struct output *out, const char *key);
void output_range(struct output *out, uint32_t asid, uint64_t first, uint64_t last);
void output_ranges_end(struct output *out);
void output_entry_end(struct output *out);

/* Ends a section that is complete, or of which a part could be written. */
void output_end(struct output *out, bool complete);

/* Sets @key of @object; @value is taken over. Ends the program without memory. */
void output_set(json_t *object, const char *key, json_t *value);

/* Appends to @array likewise. */
void output_append(json_t *array, json_t *value);

/* A string of what may be anything but valid UTF-8 (text_utf8()); ends the program without memory. */
json_t *output_string(const char *bytes);

/* A number, as JSON has it. */
json_t *output_uint(uint64_t value);

/* An object or an array; ends the program without memory. */
json_t *output_object(void);
json_t *output_array(void);

#endif
