/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON on standard output, as output.c and output_keys.c write it: { "section": { "name": entry, ... } }, pretty with -p.
 */
#ifndef VDPA_TOOL_OUTPUT_JSON_H
#define VDPA_TOOL_OUTPUT_JSON_H

#include "output/output.h"

/* Blanks a level, and the level of an entry's name. */
enum { JSON_LEVEL = 4, JSON_ENTRY_DEPTH = 2 };

/* Begins the document, up to its section; ends it. */
void json_open(struct output *out);
void json_close(const struct output *out);

/* What comes before an entry's name, the beginning of the document among it. */
void json_entry_next(struct output *out);

/* A key with its colon. @name: valid UTF-8. */
void json_key(const char *name);

/* The inside of a string, as jansson writes it. @utf8: valid UTF-8. */
void json_escaped(const char *utf8);

/* An entry's value; ends the program without memory. */
void json_value(const json_t *value);

#endif
