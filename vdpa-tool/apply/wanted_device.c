// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/wanted_device.h"
#include "migration/document.h"

struct reading {
	struct vdpa *vdpa;
	const struct wanted_text *text;
	struct wanted_device *wanted;
};

/* Keys of "dev show" that do not say what a device is to be. */
static const char *const passed_over[] = {
	"type", "vendor_id", "max_vqs", "max_vq_size", "min_vq_size", "chardev", "netdev", "blockdev", "state", "transitions",
	"suspend_last_us", "suspend_max_us", "resume_last_us", "resume_max_us", "suspend_estimate_us", "resume_estimate_us",
	"status", "capabilities", "suspended_by", "pci", "opened_by",
};

/* --- what is wrong, and where --- */

/* The line of @key, which the object has: that of the first one of the kind, wherever in it. */
static unsigned int line_of(const struct wanted_text *text, const char *key)
{
	unsigned int line = text->object_line;
	const char *found, *at = text->object;
	char *quoted;

	if (asprintf(&quoted, "\"%s\"", key) < 0)
		error_no_memory();
	for (found = strstr(at, quoted); found && at < found; at++)
		line += *at == '\n';
	free(quoted);
	return found ? line : text->line;
}

static bool wrong_on(const struct reading *reading, unsigned int line, const char *format, va_list args)
{
	char *place = wanted_place(reading->text->file, line);
	struct nl_error err = { .errnum = EINVAL };
	size_t since = reading->vdpa->faults.count;

	vsnprintf(err.message, sizeof(err.message), format, args);
	error_file(reading->vdpa, place, &err);
	error_place(reading->vdpa, since, place);
	free(place);
	return false;
}

/* On the line of @key; NULL: that of the device */
static bool wrong(const struct reading *reading, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wrong_on(reading, key ? line_of(reading->text, key) : reading->text->line, format, args);
	va_end(args);
	return false;
}

static bool wrong_line(const struct reading *reading, unsigned int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wrong_on(reading, line, format, args);
	va_end(args);
	return false;
}

/* --- keys --- */

/* The argument of "dev add" that a key stands for; NULL: none */
static const struct argument *argument_of(const char *key)
{
	for (const struct argument *argument = dev_add_arguments; argument->word.name; argument++)
		if (argument != &dev_add_arguments[ADD_NAME] && strcmp(argument->word.name, key) == 0)
			return argument;
	return NULL;
}

/* As the command line would have it, to be freed; NULL: it is of another type. */
static char *value_text(const struct argument *argument, const json_t *value)
{
	char *text;

	if (!argument->type->size)
		return document_string(value);
	if (!json_is_integer(value))
		return NULL;
	if (asprintf(&text, "%lld", (long long)json_integer_value(value)) < 0)
		error_no_memory();
	return text;
}

/* Takes @value, which stands under @key, for @argument, unless that was given. */
static bool take_argument(const struct reading *reading, const char *key, const struct argument *argument, const json_t *value)
{
	struct wanted_device *wanted = reading->wanted;
	int i = argument - dev_add_arguments;
	char why[REASON_SIZE];
	const char *reason;

	if (was_given(&wanted->add, i))
		return true;
	wanted->texts[i] = value_text(argument, value);
	if (!wanted->texts[i])
		return wrong(reading, key, "%s has to be a %s", key, argument->type->size ? "number" : "string");
	reason = arg_take(argument->type, wanted->texts[i], (char *)&wanted->add + argument->offset, why);
	if (reason)
		return wrong(reading, key, "%s \"%.64s\" %s", key, wanted->texts[i], reason);
	wanted->add.given |= UINT32_C(1) << i;
	return true;
}

static bool take_created(const struct reading *reading, json_t *created)
{
	const struct argument *argument;
	const char *key;
	json_t *value;

	if (!json_is_object(created))
		return wrong(reading, "created_with", "created_with has to be an object");
	json_object_foreach(created, key, value) {
		argument = argument_of(key);
		if (!argument || argument == &dev_add_arguments[ADD_MGMTDEV] || argument == &dev_add_arguments[ADD_DRIVER])
			return wrong(reading, key, "unknown key \"%.64s\" in created_with", key);
		if (!take_argument(reading, key, argument, value))
			return false;
	}
	return true;
}

static bool is_passed_over(const char *key)
{
	for (size_t i = 0; i < sizeof(passed_over) / sizeof(passed_over[0]); i++)
		if (strcmp(passed_over[i], key) == 0)
			return true;
	return false;
}

/* What stands beside created_with and driver_override counts: these come last. */
static bool take_object(const struct reading *reading, json_t *object)
{
	static const char override[] = "driver_override", created[] = "created_with";
	json_t *value;
	const char *key;
	char list[256];

	json_object_foreach(object, key, value) {
		const struct argument *argument = argument_of(key);

		if (argument && !take_argument(reading, key, argument, value))
			return false;
		if (!argument && strcmp(key, override) != 0 && strcmp(key, created) != 0 && !is_passed_over(key))
			return wrong(reading, key, "unknown key \"%.64s\", expected: %s, or another one of \"vdpa dev show\"", key,
				     keyword_list(&dev_add_arguments[ADD_MGMTDEV], sizeof(struct argument), NULL, list, sizeof(list)));
	}
	value = json_object_get(object, override);
	if (value && !take_argument(reading, override, &dev_add_arguments[ADD_DRIVER], value))
		return false;
	value = json_object_get(object, created);
	return !value || take_created(reading, value);
}

/* --- the device --- */

static bool take_name(const struct reading *reading)
{
	struct wanted_device *wanted = reading->wanted;
	const char *reason;

	wanted->texts[ADD_NAME] = copy_text(reading->text->name);
	reason = arg_device(wanted->texts[ADD_NAME], &wanted->add.name);
	return !reason || wrong(reading, NULL, "device \"%.64s\" %s", reading->text->name, reason);
}

/* As much of the names of features as can be judged here. */
static bool check_features(const struct reading *reading)
{
	size_t since = reading->vdpa->faults.count;
	char *place;

	if (dev_add_check(reading->vdpa, &reading->wanted->add) == STATUS_DONE)
		return true;
	place = wanted_place(reading->text->file, line_of(reading->text, "device_features"));
	error_place(reading->vdpa, since, place);
	free(place);
	return false;
}

static bool take_text(const struct reading *reading)
{
	struct wanted_device *wanted = reading->wanted;
	json_error_t where;
	json_t *object = json_loads(reading->text->object, JSON_REJECT_DUPLICATES, &where);
	bool right;

	if (!object)
		return wrong_line(reading, reading->text->object_line + where.line - 1, "no JSON: %s", where.text);
	right = take_object(reading, object);
	json_decref(object);
	if (right && !was_given(&wanted->add, ADD_MGMTDEV))
		return wrong(reading, NULL, "mgmtdev is missing");
	return right && check_features(reading);
}

struct wanted_device *wanted_device_read(struct vdpa *vdpa, const struct wanted_text *text)
{
	struct wanted_device *wanted = calloc(1, sizeof(*wanted));
	const struct reading reading = { .vdpa = vdpa, .text = text, .wanted = wanted };
	bool right;

	if (!wanted)
		error_no_memory();
	wanted->place = wanted_place(text->file, text->line);
	vdpa->dev = text->name;
	vdpa->mgmtdev = NULL;
	right = take_name(&reading) && take_text(&reading);
	vdpa->dev = NULL;
	if (right)
		return wanted;
	wanted_device_free(wanted);
	return NULL;
}

void wanted_device_free(struct wanted_device *wanted)
{
	for (size_t i = 0; i < ADD_ARGUMENTS; i++)
		free(wanted->texts[i]);
	free(wanted->place);
	free(wanted);
}
