/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings that others chose, made safe to print, and so that no two print the same: a byte that belongs to no UTF-8 character
 * becomes the four characters \xNN, and so does a backslash that four such characters begin with (\x5c). Text also shows
 * control characters so; JSON has its own way.
 */
#ifndef VDPA_TOOL_TEXT_H
#define VDPA_TOOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The bytes of the UTF-8 character that @bytes begins with; 0 where they begin with none, or with a NUL. */
size_t text_character(const char *bytes, size_t len);

/* Whether @bytes begins with the four characters \xNN. */
bool text_is_escape(const char *bytes, size_t len);

/* Whether a character, of at least two bytes or ASCII, is a control character. */
bool text_is_control(const char *character);

/* A copy of @len bytes in valid UTF-8, control characters left in. The caller frees it. */
char *text_utf8(const char *bytes, size_t len);

/* Turns what text_utf8() has made back into the bytes it was made of, which are no more. */
void text_decode(char *text);

/* The same as a copy. The caller frees it. */
char *text_bytes(const char *text);

/* Whether @text prints as it is. */
bool text_plain(const char *text);

/* Prints valid UTF-8, control characters as \xNN. */
void text_print(FILE *file, const char *utf8);

#endif
