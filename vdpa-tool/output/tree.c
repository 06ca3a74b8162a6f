// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "output/output.h"
#include "output/text.h"

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

/* --- writing --- */

static void out_tree_array(struct output *out, const char *key, const json_t *array)
{
	json_t *element, *value;
	const char *name;
	size_t index;

	if (!json_is_object(json_array_get(array, 0))) {
		out_list(out, key);
		json_array_foreach(array, index, element)
			out_tree(out, NULL, element);
		out_list_end(out);
		return;
	}
	out_table(out, key);
	json_array_foreach(array, index, element) {
		out_row(out);
		json_object_foreach(element, name, value)
			out_tree(out, name, value);
		out_row_end(out);
	}
	out_table_end(out);
}

void out_tree(struct output *out, const char *key, const json_t *value)
{
	json_t *element;
	const char *name;

	if (key) {
		out_key(out, key, strlen(key));
		key = NULL;
	}
	switch (json_typeof(value)) {
	case JSON_ARRAY:
		out_tree_array(out, key, value);
		break;
	case JSON_OBJECT:
		out_object(out, key);
		json_object_foreach((json_t *)value, name, element)
			out_tree(out, name, element);
		out_object_end(out);
		break;
	case JSON_NULL:
		out_null(out, key);
		break;
	case JSON_STRING:
		out_bytes(out, key, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		out_number(out, key, json_integer_value(value));
		break;
	case JSON_REAL:
		out_number(out, key, json_real_value(value) < 0x1p64 ? (uint64_t)json_real_value(value) : UINT64_MAX);
		break;
	default:
		out_bool(out, key, json_is_true(value));
	}
}

void output_entry(struct output *out, const char *name, json_t *entry)
{
	json_t *value;
	const char *key;

	out->clean = true;
	out_entry(out, name, strlen(name));
	json_object_foreach(entry, key, value)
		out_tree(out, key, value);
	out_entry_end(out);
	out->clean = false;
	json_decref(entry);
}
