// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "output/text.h"

/* The forms of a UTF-8 sequence (RFC 3629): no overlong form, no surrogate. */
static const struct {
	unsigned char first_min, first_max;
	unsigned char second_min, second_max;
	unsigned char length;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool continues(const unsigned char *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t text_character(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;

	if (bytes[0] > 0 && bytes[0] < 0x80)
		return 1;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (bytes[0] < forms[i].first_min || bytes[0] > forms[i].first_max)
			continue;
		if (len >= forms[i].length && bytes[1] >= forms[i].second_min &&
		    bytes[1] <= forms[i].second_max && continues(bytes, 2, forms[i].length))
			return forms[i].length;
	}
	return 0;
}

bool text_is_escape(const char *bytes, size_t len)
{
	return len >= 4 && bytes[0] == '\\' && bytes[1] == 'x' && isxdigit((unsigned char)bytes[2]) &&
	       isxdigit((unsigned char)bytes[3]);
}

/* C0 and DEL are one byte; C1 is two, of which the first is 0xc2. */
bool text_is_control(const char *character)
{
	const unsigned char *c = (const unsigned char *)character;

	return c[0] < 0x20 || c[0] == 0x7f || (c[0] == 0xc2 && c[1] < 0xa0);
}

char *text_utf8(const char *bytes, size_t len)
{
	char *copy = malloc(4 * len + 1);	/* every byte as \xNN */
	char *to = copy;

	if (!copy)
		error_no_memory();
	while (len) {
		size_t n = text_character(bytes, len);

		if (n && !text_is_escape(bytes, len)) {
			memcpy(to, bytes, n);
			to += n;
		} else {
			n = 1;
			to += sprintf(to, "\\x%02x", (unsigned char)*bytes);
		}
		bytes += n;
		len -= n;
	}
	*to = '\0';
	return copy;
}

void text_decode(char *text)
{
	size_t left = strlen(text);
	const char *from = text;
	unsigned int byte;

	while (left) {
		size_t n = text_is_escape(from, left) && sscanf(from + 2, "%2x", &byte) == 1 && byte ? 4 : 1;

		*text++ = n == 4 ? (char)byte : *from;
		from += n;
		left -= n;
	}
	*text = '\0';
}

char *text_bytes(const char *text)
{
	char *copy = copy_text(text);

	text_decode(copy);
	return copy;
}

bool text_plain(const char *text)
{
	size_t len = strlen(text), n;

	for (; len; text += n, len -= n) {
		n = text_character(text, len);
		if (!n || text_is_control(text) || text_is_escape(text, len))
			return false;
	}
	return true;
}

void text_print(FILE *file, const char *utf8)
{
	for (const char *c = utf8; *c; c++) {
		if (!text_is_control(c))
			putc_unlocked(*c, file);
		else if ((unsigned char)c[0] == 0xc2)
			fprintf(file, "\\xc2\\x%02x", (unsigned char)*++c);
		else
			fprintf(file, "\\x%02x", *c);
	}
}
