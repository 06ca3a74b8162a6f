// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "output.h"
#include "text.h"

/* --- values --- */

static json_t *have(json_t *value)
{
	if (!value)
		error_no_memory();
	return value;
}

json_t *output_object(void)
{
	return have(json_object());
}

json_t *output_array(void)
{
	return have(json_array());
}

json_t *output_string(const char *bytes)
{
	char *clean = text_utf8(bytes, strlen(bytes));
	json_t *json = have(json_string(clean));

	free(clean);
	return json;
}

/* Integers are signed there. */
json_t *output_uint(uint64_t value)
{
	return have(value <= INT64_MAX ? json_integer(value) : json_real(value));
}

void output_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, have(value)) < 0)
		error_no_memory();
}

void output_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, have(value)) < 0)
		error_no_memory();
}

/* --- JSON --- */

enum { INDENT = 4, ENTRY_DEPTH = 2 };	/* blanks; { "section": { "name": */

static void json_newline(int depth)
{
	if (options.pretty)
		printf("\n%*s", depth * INDENT, "");
}

/* Inside strings a line feed is escaped: each one here begins a line. */
static int json_write(const char *text, size_t len, void *data)
{
	(void)data;
	while (len) {
		const char *feed = memchr(text, '\n', len);
		size_t n = feed ? (size_t)(feed - text) : len;

		fwrite_unlocked(text, 1, n, stdout);
		if (feed)
			json_newline(ENTRY_DEPTH);
		n += feed ? 1 : 0;
		text += n;
		len -= n;
	}
	return 0;
}

static void json_value(const json_t *value)
{
	size_t flags = JSON_ENCODE_ANY | (options.pretty ? JSON_INDENT(INDENT) : JSON_COMPACT);

	if (json_dump_callback(value, json_write, NULL, flags) < 0)
		error_no_memory();
}

static void json_escape(unsigned char c)
{
	static const char letters[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
	const char *letter = strchr(letters, c);

	if (letter)
		printf("\\%c", escapes[letter - letters]);
	else
		printf("\\u%04X", c);
}

/* The inside of a string, as jansson writes it. */
static void json_escaped(const char *utf8)
{
	const char *from = utf8;

	for (const char *c = utf8; *c; c++) {
		if ((unsigned char)*c >= 0x20 && *c != '"' && *c != '\\')
			continue;
		fwrite_unlocked(from, 1, c - from, stdout);
		json_escape(*c);
		from = c + 1;
	}
	fputs_unlocked(from, stdout);
}

static void json_text(const char *utf8)
{
	putchar_unlocked('"');
	json_escaped(utf8);
	putchar_unlocked('"');
}

static void json_key(const char *name)
{
	json_text(name);
	fputs_unlocked(options.pretty ? ": " : ":", stdout);
}

static void json_open(struct output *out)
{
	if (options.batch && out->documents++)
		fputs(",\n", stdout);
	putchar('{');
	json_newline(1);
	json_key(out->section);
	putchar('{');
}

static void json_close(const struct output *out)
{
	if (out->entries)
		json_newline(1);
	putchar('}');
	json_newline(0);
	fputs(options.batch ? "}" : "}\n", stdout);
}

/* What comes before an entry's name. */
static void json_entry_next(struct output *out)
{
	if (out->entries)
		putchar_unlocked(',');
	else
		json_open(out);
	json_newline(ENTRY_DEPTH);
}

/* --- text --- */

static void text_scalar(const json_t *value);
static void text_pair(const char *key, const json_t *value);

/* A list or a few pairs within a line. */
static void text_inline(const json_t *value)
{
	const char *separator = "";
	json_t *element;
	const char *key;
	size_t index;

	json_array_foreach(value, index, element) {
		fputs(separator, stdout);
		text_scalar(element);
		separator = ",";
	}
	json_object_foreach((json_t *)value, key, element) {
		fputs(separator, stdout);
		text_pair(key, element);
		separator = " ";
	}
	if (!*separator)
		putchar('-');
}

static void text_scalar(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_ARRAY:
	case JSON_OBJECT:
		text_inline(value);
		break;
	case JSON_NULL:
		putchar('-');
		break;
	case JSON_STRING:
		text_print(stdout, json_string_value(value));
		break;
	case JSON_INTEGER:
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		printf("%.0f", json_real_value(value));
		break;
	default:
		fputs(json_is_true(value) ? "true" : "false", stdout);
	}
}

static void text_pair(const char *key, const json_t *value)
{
	text_print(stdout, key);
	putchar(' ');
	text_scalar(value);
}

static bool is_table(const json_t *value)
{
	return json_is_object(json_array_get(value, 0));
}

/* A line of pairs; lists of such stand below it, further in. */
static void text_line(json_t *object, int indent)
{
	json_t *value, *line;
	bool first = true;
	const char *key;
	size_t index;

	json_object_foreach(object, key, value) {
		if (is_table(value)) {
			json_array_foreach(value, index, line)
				text_line(line, indent + 2);
			continue;
		}
		if (first)
			printf("\n%*s", indent, "");
		else
			putchar(' ');
		first = false;
		text_pair(key, value);
	}
}

static void text_array(const char *key, const json_t *array)
{
	bool table = is_table(array);
	json_t *element;
	size_t index;

	if (!table) {
		fputs("\n  ", stdout);
		text_print(stdout, key);
	}
	json_array_foreach(array, index, element) {
		if (table) {
			text_line(element, 2);
		} else {
			putchar(' ');
			text_scalar(element);
		}
	}
}

static void text_entry(const char *name, json_t *entry)
{
	const char *separator = " ";
	json_t *value;
	const char *key;

	text_print(stdout, name);
	putchar(':');
	json_object_foreach(entry, key, value) {
		if (json_is_array(value)) {
			text_array(key, value);
			separator = "\n  ";
		} else {
			fputs(separator, stdout);
			text_pair(key, value);
			separator = " ";
		}
	}
	putchar('\n');
}

/* --- sections --- */

void output_batch_begin(void)
{
	if (options.json)
		fputs("[\n", stdout);
}

void output_batch_end(const struct output *out)
{
	if (options.json)
		fputs(out->documents ? "\n]\n" : "]\n", stdout);
}

void output_begin(struct output *out, const char *section)
{
	*out = (struct output){ .section = section, .documents = out->documents };
}

void output_entry(struct output *out, const char *name, json_t *entry)
{
	if (options.json) {
		json_entry_next(out);
		json_key(name);
		json_value(entry);
	} else {
		text_entry(name, entry);
	}
	out->entries++;
	json_decref(entry);
}

/* --- entries that are written key by key: into a piece, which goes out whole --- */

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
	size_t blanks = (size_t)depth * INDENT;

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
		to = add_next(to, &out->keys, ENTRY_DEPTH + 1);
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

void output_number(struct output *out, const char *key, uint64_t value)
{
	char *to = add_value_key(out, room(out), key);
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	while (at < sizeof(digits))
		*to++ = digits[at++];
	used_to(out, to);
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
		to = add_next(to, &out->words, ENTRY_DEPTH + 2);
	else
		*to++ = ' ';
	used_to(out, add_word(to, word));
}

void output_words_end(struct output *out)
{
	if (options.json)
		used_to(out, add_end(room(out), out->words, ENTRY_DEPTH + 1, ']'));
	out->separator = "\n  ";
}

void output_entry_end(struct output *out)
{
	used_to(out, options.json ? add_end(room(out), out->keys, ENTRY_DEPTH, '}') : stpcpy(room(out), "\n"));
	flush(out);
	out->entries++;
}

void output_end(struct output *out, bool complete)
{
	if (!options.json || (!complete && !out->entries))
		return;
	if (!out->entries)
		json_open(out);
	json_close(out);
}
