// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries that are written key by key: into a piece, which goes out whole. See output.h.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/error.h"
#include "output/output_json.h"
#include "output/text.h"

/* What a key and a number behind it take at most, or a word, with all that is put around them. */
enum { ROOM = OUTPUT_WORD_MAX + 64 };

static void flush(struct output *out)
{
	fwrite_unlocked(out->piece, 1, out->used, stdout);
	out->used = 0;
}

/* Room for ROOM bytes. What is written there ends where used_to() is told. */
static inline char *room(struct output *out)
{
	if (sizeof(out->piece) - out->used < ROOM)
		flush(out);
	return out->piece + out->used;
}

static inline void used_to(struct output *out, const char *end)
{
	out->used = end - out->piece;
}

static char *add_newline(char *to, unsigned int depth)
{
	size_t blanks = (size_t)depth * JSON_LEVEL;

	*to++ = '\n';
	memset(to, ' ', blanks);
	return to + blanks;
}

/* Words of our own: nothing in them is escaped. */
static inline char *add_word(char *to, const char *word)
{
	if (!options.json)
		return stpcpy(to, word);
	*to++ = '"';
	to = stpcpy(to, word);
	*to++ = '"';
	return to;
}

/* What comes before the next of several: after so many, and so far in. */
static inline char *add_next(char *to, unsigned int *before, unsigned int depth)
{
	if ((*before)++)
		*to++ = ',';
	return options.pretty ? add_newline(to, depth) : to;
}

static inline char *add_end(char *to, unsigned int count, unsigned int depth, char bracket)
{
	if (count && options.pretty)
		to = add_newline(to, depth);
	*to++ = bracket;
	return to;
}

static inline char *add_colon(char *to)
{
	*to++ = ':';
	if (options.pretty)
		*to++ = ' ';
	return to;
}

/* In text, a list stands on a line of its own, and so does what comes after it. */
static char *add_key(struct output *out, char *to, const char *key)
{
	if (options.json) {
		to = add_next(to, &out->keys, JSON_ENTRY_DEPTH + 1);
		return add_colon(add_word(to, key));
	}
	to = add_word(stpcpy(to, out->separator), key);
	out->separator = " ";
	return to;
}

/* The key of what follows in its line. */
static char *add_value_key(struct output *out, char *to, const char *key)
{
	to = add_key(out, to, key);
	if (!options.json)
		*to++ = ' ';
	return to;
}

static void put_quote(struct output *out)
{
	char *to = room(out);

	if (options.json)
		*to++ = '"';
	used_to(out, to);
}

/* Printable ASCII that neither JSON nor text changes. */
static bool is_plain(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)(bytes[i] - 0x20) > 0x7e - 0x20 || bytes[i] == '"' || bytes[i] == '\\')
			return false;
	return true;
}

void output_text_part(struct output *out, const char *bytes, size_t len)
{
	char *clean;

	if (len <= OUTPUT_WORD_MAX && is_plain(bytes, len)) {
		used_to(out, (char *)memcpy(room(out), bytes, len) + len);
		return;
	}
	clean = text_utf8(bytes, len);
	flush(out);
	if (options.json)
		json_escaped(clean);
	else
		text_print(stdout, clean);
	free(clean);
}

void output_entry_begin(struct output *out, const char *bytes, size_t len)
{
	char *to;

	out->keys = 0;
	out->separator = " ";
	if (options.json)
		json_entry_next(out);
	put_quote(out);
	output_text_part(out, bytes, len);
	put_quote(out);
	to = room(out);
	if (options.json) {
		to = add_colon(to);
		*to++ = '{';
	} else {
		*to++ = ':';
	}
	used_to(out, to);
}

void output_text_begin(struct output *out, const char *key)
{
	used_to(out, add_value_key(out, room(out), key));
	put_quote(out);
}

void output_text_end(struct output *out)
{
	put_quote(out);
}

void output_text(struct output *out, const char *key, const char *word)
{
	used_to(out, add_value_key(out, room(out), key));
	used_to(out, add_word(room(out), word));
}

static char *add_number(char *to, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	while (at < sizeof(digits))
		*to++ = digits[at++];
	return to;
}

void output_number(struct output *out, const char *key, uint64_t value)
{
	used_to(out, add_number(add_value_key(out, room(out), key), value));
}

void output_words_begin(struct output *out, const char *key)
{
	char *to = room(out);

	out->words = 0;
	out->separator = "\n  ";
	to = add_key(out, to, key);
	if (options.json)
		*to++ = '[';
	used_to(out, to);
}

void output_word(struct output *out, const char *word)
{
	char *to = room(out);

	if (options.json)
		to = add_next(to, &out->words, JSON_ENTRY_DEPTH + 2);
	else
		*to++ = ' ';
	used_to(out, add_word(to, word));
}

void output_words_end(struct output *out)
{
	if (options.json)
		used_to(out, add_end(room(out), out->words, JSON_ENTRY_DEPTH + 1, ']'));
	out->separator = "\n  ";
}

void output_ranges_begin(struct output *out, const char *key)
{
	output_words_begin(out, key);
}

static void range_json(struct output *out, uint32_t asid, uint64_t first, uint64_t last)
{
	const struct {
		const char *key;
		uint64_t value;
	} pairs[] = { { "asid", asid }, { "first", first }, { "last", last } };
	unsigned int keys = 0;
	char *to = add_next(room(out), &out->words, JSON_ENTRY_DEPTH + 2);

	*to++ = '{';
	used_to(out, to);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		to = add_next(room(out), &keys, JSON_ENTRY_DEPTH + 3);
		used_to(out, add_number(add_colon(add_word(to, pairs[i].key)), pairs[i].value));
	}
	used_to(out, add_end(room(out), keys, JSON_ENTRY_DEPTH + 2, '}'));
}

void output_range(struct output *out, uint32_t asid, uint64_t first, uint64_t last)
{
	char *to;

	if (options.json) {
		range_json(out, asid, first, last);
		return;
	}
	to = room(out);
	*to++ = ' ';
	if (asid)
		to += sprintf(to, "%" PRIu32 ":", asid);
	used_to(out, to + sprintf(to, "0x%" PRIx64 "-0x%" PRIx64, first, last));
}

void output_ranges_end(struct output *out)
{
	output_words_end(out);
}

void output_entry_end(struct output *out)
{
	used_to(out, options.json ? add_end(room(out), out->keys, JSON_ENTRY_DEPTH, '}') : stpcpy(room(out), "\n"));
	flush(out);
	out->entries++;
}
