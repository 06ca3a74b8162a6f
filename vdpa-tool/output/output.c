// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/error.h"
#include "output/output_json.h"
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

void output_end(struct output *out, bool complete)
{
	if (!options.json || (!complete && !out->entries))
		return;
	if (!out->entries)
		json_open(out);
	json_close(out);
}
