/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries that are JSON objects already. Being replaced by output.h: nothing new is to use it. */
#ifndef VDPA_TOOL_TREE_H
#define VDPA_TOOL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

struct output;

/* Any value of JSON. */
void out_tree(struct output *out, const char *key, const json_t *value);

/*
 * Writes one entry and frees @entry.
 * @name: valid UTF-8
 */
void output_entry(struct output *out, const char *name, json_t *entry);

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
