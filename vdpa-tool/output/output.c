// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "output/output.h"
#include "output/text.h"

/* Blanks a level of JSON, and a level of tables in text. */
enum { JSON_LEVEL = 4, TEXT_LEVEL = 2 };

/* What a key takes at most with all that is put around it, and a short text, a number or a character after it. */
enum { CHARACTER_MAX = 16, ROOM = 4 * OUT_KEY_MAX + OUT_DEPTH_MAX * JSON_LEVEL + OUT_KEY_MAX + 32 };

/* --- the piece --- */

static void flush(struct output *out)
{
	fwrite_unlocked(out->piece, 1, out->used, out->file);
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

static void put(struct output *out, const char *text)
{
	used_to(out, stpcpy(room(out), text));
}

static char *add_newline(char *to, unsigned int blanks)
{
	*to++ = '\n';
	memset(to, ' ', blanks);
	return to + blanks;
}

static char *add_number(char *to, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	memcpy(to, digits + at, sizeof(digits) - at);
	return to + sizeof(digits) - at;
}

/* --- texts --- */

/* Eight bytes at a time: the top bit of each that is no printable ASCII, or that JSON or text changes; and of others above one. */
static uint64_t not_plain(const char *bytes)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t word, quote, backslash;

	memcpy(&word, bytes, sizeof(word));
	quote = word ^ each * '"';
	backslash = word ^ each * '\\';
	return (word | (word - each * 0x20) | (word + each) | ((quote - each) & ~quote) | ((backslash - each) & ~backslash)) &
	       each * 0x80;
}

/*
 * Adds @bytes, OUT_KEY_MAX at most, where they are printable ASCII that neither JSON nor text changes; else returns NULL.
 * Looks at them where they are to stand, with blanks behind.
 */
static char *add_plain(char *to, const char *bytes, size_t len)
{
	char *end = (char *)memcpy(to, bytes, len) + len;

	memset(end, ' ', sizeof(uint64_t));
	for (; to < end; to += sizeof(uint64_t))
		if (not_plain(to))
			return NULL;
	return end;
}

static char *add_json_escape(char *to, unsigned char c)
{
	static const char letters[] = "\"\\\b\f\n\r\t", escapes[] = "\"\\bfnrt";
	const char *letter = memchr(letters, c, sizeof(letters) - 1);

	if (!letter)
		return to + sprintf(to, "\\u%04X", c);
	*to++ = '\\';
	*to++ = escapes[letter - letters];
	return to;
}

/* A byte that is shown by its number, a backslash first. */
static char *add_byte(char *to, bool json, unsigned char byte)
{
	return to + sprintf(to, "%s\\x%02x", json ? "\\" : "", byte);
}

/* The first character of @bytes, or byte where they begin with none. Adds to @len how many bytes it has. */
static char *add_character(const struct output *out, char *to, const char *bytes, size_t rest, size_t *len)
{
	size_t n = text_character(bytes, rest);
	unsigned char c = bytes[0];

	*len += n ? n : 1;
	if (!n || text_is_escape(bytes, rest))
		return add_byte(to, out->json, c);
	if (out->json && (c < 0x20 || c == '"' || c == '\\'))
		return add_json_escape(to, c);
	if (!out->json && text_is_control(bytes)) {
		for (size_t i = 0; i < n; i++)
			to = add_byte(to, false, bytes[i]);
		return to;
	}
	memcpy(to, bytes, n);
	return to + n;
}

void out_part(struct output *out, const char *bytes, size_t len)
{
	char *end = len <= OUT_KEY_MAX ? add_plain(room(out), bytes, len) : NULL;

	if (end) {
		used_to(out, end);
		return;
	}
	for (size_t at = 0; at < len;)
		used_to(out, add_character(out, room(out), bytes + at, len - at, &at));
}

static inline void put_quote(struct output *out)
{
	char *to = room(out);

	if (out->json)
		*to++ = '"';
	used_to(out, to);
}

/* --- levels --- */

static inline struct out_level *level(struct output *out)
{
	return &out->level[out->depth];
}

/* What is deeper than OUT_DEPTH_MAX would be a mistake of ours: it shows, as JSON that no brackets end. */
static struct out_level *push(struct output *out, enum out_kind kind, unsigned int depth)
{
	if (out->depth + 1 < OUT_DEPTH_MAX)
		out->depth++;
	*level(out) = (struct out_level){ .kind = kind, .depth = depth };
	return level(out);
}

static void pop(struct output *out)
{
	if (out->depth)
		out->depth--;
}

/* A key that out_key() has left goes before one of ours. */
static inline char *add_key(struct output *out, char *to, const char *key)
{
	if (!out->key_used)
		return stpcpy(to, key ? key : "");
	to = (char *)memcpy(to, out->key, out->key_used) + out->key_used;
	out->key_used = 0;
	return to;
}

static inline bool has_keys(enum out_kind kind)
{
	return kind != OUT_LIST && kind != OUT_TABLE && kind != OUT_LINES && kind != OUT_TOP;
}

static inline char *add_json_separator(struct output *out, char *to)
{
	struct out_level *in = level(out);

	if (in->kind == OUT_TOP)
		return to;
	if (in->count++)
		*to++ = ',';
	if (in->kind == OUT_LINES)
		return add_newline(to, 0);
	return out->pretty ? add_newline(to, in->depth * JSON_LEVEL) : to;
}

static inline char *add_colon(const struct output *out, char *to)
{
	*to++ = ':';
	if (out->pretty)
		*to++ = ' ';
	return to;
}

/* Up to the next value in JSON. */
static inline char *add_json_next(struct output *out, char *to, const char *key)
{
	to = add_json_separator(out, to);
	if (!has_keys(level(out)->kind))
		return to;
	*to++ = '"';
	to = add_key(out, to, key);
	*to++ = '"';
	return add_colon(out, to);
}

static char *add_text_separator(struct out_level *in, char *to)
{
	switch (in->kind) {
	case OUT_ENTRY:
		to = stpcpy(to, in->broken ? "\n  " : " ");
		in->broken = false;
		break;
	case OUT_ROW:
		to = in->count ? stpcpy(to, " ") : add_newline(to, in->indent);
		break;
	case OUT_LIST:
		to = stpcpy(to, !in->within ? " " : in->count ? "," : "");
		break;
	default:
		to = stpcpy(to, in->count ? " " : "");
	}
	in->count++;
	return to;
}

/* Within a line. By itself, so that JSON does not pay for the registers that it takes. */
static __attribute__((noinline)) char *add_text_next(struct output *out, char *to, const char *key)
{
	struct out_level *in = level(out);

	to = add_text_separator(in, to);
	if (has_keys(in->kind) && !out->bare) {
		to = add_key(out, to, key);
		*to++ = ' ';
	}
	out->bare = false;
	return to;
}

/* Up to the next value. */
static inline char *add_next(struct output *out, char *to, const char *key)
{
	return out->json ? add_json_next(out, to, key) : add_text_next(out, to, key);
}

static void json_bracket(struct output *out, char *to, enum out_kind kind, char bracket)
{
	*to++ = bracket;
	used_to(out, to);
	push(out, kind, level(out)->kind == OUT_LINES ? 1 : level(out)->depth + 1);
}

static void json_open(struct output *out, const char *key, enum out_kind kind, char bracket)
{
	json_bracket(out, add_json_next(out, room(out), key), kind, bracket);
}

static void json_close(struct output *out, char bracket)
{
	struct out_level *closed = level(out);
	char *to = room(out);

	if (closed->count && (out->pretty || closed->kind == OUT_LINES))
		to = add_newline(to, closed->kind == OUT_LINES ? 0 : (closed->depth - 1) * JSON_LEVEL);
	*to++ = bracket;
	used_to(out, to);
	pop(out);
}

/* A value that stands in nothing goes to the file at once. */
static inline void value_end(struct output *out)
{
	if (!out->depth)
		flush(out);
}

/* --- documents --- */

void out_open(struct output *out, FILE *file, bool json, bool pretty)
{
	out->file = file;
	out->json = json;
	out->pretty = pretty;
	out->bare = false;
	out->section = NULL;
	out->entries = 0;
	out->depth = 0;
	out->level[0] = (struct out_level){ .kind = OUT_TOP };
	out->key_used = 0;
	out->used = 0;
}

void out_document(struct output *out)
{
	if (out->json)
		json_open(out, NULL, OUT_DOCUMENT, '{');
	else
		push(out, OUT_DOCUMENT, 0);
}

/* The last newline is that of the outermost. */
void out_document_end(struct output *out)
{
	if (out->json)
		json_close(out, '}');
	else
		pop(out);
	if (!out->json || level(out)->kind == OUT_TOP)
		put(out, "\n");
	flush(out);
}

void out_lines(struct output *out)
{
	if (out->json)
		json_open(out, NULL, OUT_LINES, '[');
}

void out_lines_end(struct output *out)
{
	if (!out->json)
		return;
	if (!level(out)->count)
		put(out, "\n");
	json_close(out, ']');
	put(out, "\n");
	flush(out);
}

void out_begin(struct output *out, const char *section)
{
	out->section = section;
	out->entries = 0;
}

static void json_section(struct output *out)
{
	out_document(out);
	json_open(out, out->section, OUT_SECTION, '{');
}

void out_end(struct output *out, bool complete)
{
	if (!out->json || (!complete && !out->entries))
		return;
	if (!out->entries)
		json_section(out);
	json_close(out, '}');
	if (!complete)
		out_bool(out, "incomplete", true);
	out_document_end(out);
}

void out_entry(struct output *out, const char *name, size_t len)
{
	if (out->json && !out->entries)
		json_section(out);
	if (out->json)
		used_to(out, add_json_separator(out, room(out)));
	put_quote(out);
	out_part(out, name, len);
	put_quote(out);
	if (out->json) {
		json_bracket(out, add_colon(out, room(out)), OUT_ENTRY, '{');
	} else {
		put(out, ":");
		push(out, OUT_ENTRY, 0);
	}
	out->entries++;
}

void out_entry_end(struct output *out)
{
	if (out->json) {
		json_close(out, '}');
	} else {
		put(out, "\n");
		pop(out);
	}
	flush(out);
}

/* --- values --- */

void out_key(struct output *out, const char *key, size_t len)
{
	const char *end = out->key + sizeof(out->key) - CHARACTER_MAX;
	char *to = out->key;

	for (size_t at = 0; at < len && to < end;)
		to = add_character(out, to, key + at, len - at, &at);
	out->key_used = to - out->key;
}

void out_bare(struct output *out)
{
	out->bare = true;
}

void out_text_begin(struct output *out, const char *key)
{
	used_to(out, add_next(out, room(out), key));
	put_quote(out);
}

void out_text_end(struct output *out)
{
	put_quote(out);
	value_end(out);
}

/* Nearly all texts are short and plain: these are written in one go. */
void out_bytes(struct output *out, const char *key, const char *bytes, size_t len)
{
	char *to = add_next(out, room(out), key), *end;

	if (out->json)
		*to++ = '"';
	used_to(out, to);
	end = len <= OUT_KEY_MAX ? add_plain(to, bytes, len) : NULL;
	if (!end) {
		out_part(out, bytes, len);
		out_text_end(out);
		return;
	}
	if (out->json)
		*end++ = '"';
	used_to(out, end);
	value_end(out);
}

void out_word(struct output *out, const char *key, const char *word)
{
	char *to = add_next(out, room(out), key);

	if (out->json)
		*to++ = '"';
	to = stpcpy(to, word);
	if (out->json)
		*to++ = '"';
	used_to(out, to);
	value_end(out);
}

void out_text(struct output *out, const char *key, const char *text)
{
	out_bytes(out, key, text, strlen(text));
}

void out_format(struct output *out, const char *key, const char *format, ...)
{
	char text[OUT_FORMAT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	out_text(out, key, text);
}

void out_number(struct output *out, const char *key, uint64_t value)
{
	used_to(out, add_number(add_next(out, room(out), key), value));
	value_end(out);
}

void out_hex(struct output *out, const char *key, uint64_t value)
{
	out_format(out, key, "0x%" PRIx64, value);
}

void out_bool(struct output *out, const char *key, bool value)
{
	used_to(out, stpcpy(add_next(out, room(out), key), value ? "true" : "false"));
	value_end(out);
}

void out_null(struct output *out, const char *key)
{
	used_to(out, stpcpy(add_next(out, room(out), key), out->json ? "null" : "-"));
	value_end(out);
}

void out_json(struct output *out, const char *key, const char *json)
{
	used_to(out, add_next(out, room(out), key));
	flush(out);
	fputs_unlocked(json, out->file);
}

void out_range(struct output *out, uint32_t asid, uint64_t first, uint64_t last)
{
	if (!out->json && asid) {
		out_format(out, NULL, "%" PRIu32 ":0x%" PRIx64 "-0x%" PRIx64, asid, first, last);
	} else if (!out->json) {
		out_format(out, NULL, "0x%" PRIx64 "-0x%" PRIx64, first, last);
	} else {
		out_object(out, NULL);
		out_number(out, "asid", asid);
		out_number(out, "first", first);
		out_number(out, "last", last);
		out_object_end(out);
	}
}

/* --- lists and objects --- */

/* In text, on a line of its own where an entry has it. */
void out_list(struct output *out, const char *key)
{
	struct out_level *in = level(out);
	char *to = room(out);

	if (out->json) {
		json_open(out, key, OUT_LIST, '[');
	} else if (in->kind == OUT_ENTRY) {
		used_to(out, add_key(out, stpcpy(to, "\n  "), key));
		in->broken = true;
		push(out, OUT_LIST, 0);
	} else {
		used_to(out, add_next(out, to, key));
		push(out, OUT_LIST, 0)->within = true;
	}
}

void out_list_end(struct output *out)
{
	if (out->json) {
		json_close(out, ']');
		value_end(out);
		return;
	}
	if (level(out)->within && !level(out)->count)
		put(out, "-");
	pop(out);
}

void out_object(struct output *out, const char *key)
{
	if (out->json) {
		json_open(out, key, OUT_OBJECT, '{');
		return;
	}
	used_to(out, add_next(out, room(out), key));
	push(out, OUT_OBJECT, 0);
}

void out_object_end(struct output *out)
{
	if (out->json) {
		json_close(out, '}');
		value_end(out);
		return;
	}
	if (!level(out)->count)
		put(out, "-");
	pop(out);
}

/* In text, nothing is known of it before its first row. */
void out_table(struct output *out, const char *key)
{
	unsigned int indent = level(out)->kind == OUT_ROW ? level(out)->indent : 0;
	struct out_level *table;

	if (out->json) {
		json_open(out, key, OUT_TABLE, '[');
		return;
	}
	table = push(out, OUT_TABLE, 0);
	table->key = key;
	table->indent = indent + TEXT_LEVEL;
}

void out_row(struct output *out)
{
	unsigned int indent = level(out)->indent;

	if (out->json) {
		json_open(out, NULL, OUT_ROW, '{');
		return;
	}
	out->key_used = 0;	/* the table's own */
	level(out)->count++;
	push(out, OUT_ROW, 0)->indent = indent;
}

void out_row_end(struct output *out)
{
	if (out->json)
		json_close(out, '}');
	else
		pop(out);
}

/* An empty one is written as an empty list is. */
void out_table_end(struct output *out)
{
	bool empty = !level(out)->count;
	const char *key = level(out)->key;

	if (out->json) {
		json_close(out, ']');
		value_end(out);
		return;
	}
	pop(out);
	if (empty) {
		out_list(out, key);
		out_list_end(out);
	} else if (level(out)->kind == OUT_ENTRY) {
		level(out)->broken = true;
	}
}
