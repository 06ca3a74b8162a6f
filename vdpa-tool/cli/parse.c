// SPDX-License-Identifier: GPL-2.0-or-later
/* The arguments of a command, by its row. */
#include <stdio.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/parse.h"
#include "output/text.h"

struct parse {
	struct vdpa *vdpa;
	const struct argument *table;	/* from the first keyword on it is one of keywords */
	const struct argument *keywords;
	int argc;
	char **argv;
	char *values;
};

static bool is_given(const struct parse *parse, const struct argument *argument)
{
	return was_given(parse->values, argument - parse->table);
}

static void set_given(struct parse *parse, const struct argument *argument)
{
	*(uint32_t *)parse->values |= UINT32_C(1) << (argument - parse->table);
}

/* --- one value --- */

/* What errors are about. */
static void note_subject(struct parse *parse, const struct argument *argument, const char *text)
{
	if (argument->type == &type_device)
		parse->vdpa->dev = text;
	else if (argument->type == &type_mgmtdev)
		parse->vdpa->mgmtdev = text;
}

/* A keyword is named by itself, what has a place by what it is. */
static enum status take_value(struct parse *parse, const struct argument *argument, char *text)
{
	const char *name = argument->positional ? argument->type->what : argument->word.name;
	char reason[REASON_SIZE];
	const char *wrong;

	if (!text)
		return error_usage(parse->vdpa, "%s: a value is missing", name);
	if (argument->type->escapes)
		text_decode(text);
	wrong = arg_take(argument->type, text, parse->values + argument->offset, reason);
	if (wrong)
		return error_usage(parse->vdpa, "%s \"%s\" %s", name, text, wrong);
	note_subject(parse, argument, text);
	return STATUS_DONE;
}

/* --- by their places --- */

static bool is_keyword(const struct argument *table, const char *word)
{
	for (; table->word.name; table++)
		if (strcmp(table->word.name, word) == 0)
			return true;
	return false;
}

/* All in front of a keyword, but at least one that is required: it may have a keyword's name. */
static int count_names(const struct parse *parse, const struct argument *argument)
{
	int n = argument->required;

	while (n < parse->argc && !is_keyword(parse->keywords, parse->argv[n]))
		n++;
	return n;
}

static enum status take_names(struct parse *parse, const struct argument *argument)
{
	struct names *names = (void *)(parse->values + argument->offset);
	const char *what = argument->type->what;
	struct vdpa *vdpa = parse->vdpa;

	names->count = count_names(parse, argument);
	names->words = parse->argv;
	if (names->count > VDPA_GROUP_MAX && !argument->unlimited)
		return error_usage(vdpa, "%d devices are more than the %d that a group may have", names->count,
				   VDPA_GROUP_MAX);
	for (int i = 0; i < names->count; i++) {
		const char *name, *reason;

		if (argument->type->escapes)
			text_decode(parse->argv[i]);
		reason = argument->type->take(parse->argv[i], &name);
		if (reason)
			return error_usage(vdpa, "%s \"%s\" %s", what, parse->argv[i], reason);
		for (int j = argument->unlimited ? i : 0; j < i; j++)
			if (strcmp(parse->argv[i], parse->argv[j]) == 0)
				return error_usage(vdpa, "%s \"%s\" is given twice", what, parse->argv[i]);
	}
	if (names->count == 1)
		note_subject(parse, argument, parse->argv[0]);
	parse->argc -= names->count;
	parse->argv += names->count;
	return STATUS_DONE;
}

static enum status take_place(struct parse *parse, const struct argument *argument)
{
	enum status status;

	if (argument->paired && parse->argc % 2 == 0)
		return STATUS_DONE;
	if (!parse->argc)
		return argument->required ? error_usage(parse->vdpa, "the name of a %s is missing", argument->type->what) :
					    STATUS_DONE;
	set_given(parse, argument);
	if (argument->repeats)
		return take_names(parse, argument);
	status = take_value(parse, argument, parse->argv[0]);
	parse->argc--;
	parse->argv++;
	return status;
}

/* --- keywords --- */

static enum status unknown(struct parse *parse, const char *text, int found)
{
	const struct argument *table = parse->keywords;
	char list[256];

	if (found == WORD_AMBIGUOUS)
		return error_usage(parse->vdpa, "\"%s\" could be any of: %s", text,
				   keyword_list(table, sizeof(*table), text, list, sizeof(list)));
	if (!table->word.name)
		return error_usage(parse->vdpa, "unexpected argument \"%s\"", text);
	return error_usage(parse->vdpa, "unknown keyword \"%s\", expected: %s", text,
			   keyword_list(table, sizeof(*table), NULL, list, sizeof(list)));
}

static enum status take_keyword(struct parse *parse)
{
	int found = keyword_find(parse->keywords, sizeof(*parse->keywords), parse->argv[0]);
	const struct argument *argument = &parse->keywords[found < 0 ? 0 : found];
	enum status status = STATUS_DONE;
	int taken = 1;

	if (found < 0)
		return unknown(parse, parse->argv[0], found);
	if (is_given(parse, argument) && !argument->repeats)
		return error_usage(parse->vdpa, "%s is given twice", argument->word.name);
	if (argument->type) {
		status = take_value(parse, argument, parse->argc > 1 ? parse->argv[1] : NULL);
		taken = 2;
	}
	set_given(parse, argument);
	parse->argc -= taken;
	parse->argv += taken;
	return status;
}

/* --- what goes with what --- */

/* "a, b and c": the arguments from @first to before @end. */
static const char *list_names(const struct argument *first, const struct argument *end, char *buf, size_t size)
{
	size_t used = 0;

	for (const struct argument *argument = first; argument < end; argument++)
		used += snprintf(buf + used, size - used, "%s%s", argument == first ? "" :
				 argument + 1 == end ? " and " : ", ", argument->word.name);
	return buf;
}

/* How many of @first to before @end are given. */
static int count_given(const struct parse *parse, const struct argument *first, const struct argument *end)
{
	int n = 0;

	for (; first < end; first++)
		n += is_given(parse, first);
	return n;
}

static enum status check_choice(struct parse *parse, const struct argument *first, const struct argument *end)
{
	int n = count_given(parse, first, end);
	char list[256];

	if (n == 1 || (!n && !first->required))
		return STATUS_DONE;
	return error_usage(parse->vdpa, "%s one of %s has to be given", first->required ? "exactly" : "at most",
			   list_names(first, end, list, sizeof(list)));
}

static enum status check_together(struct parse *parse, const struct argument *first, const struct argument *end)
{
	int n = count_given(parse, first, end);
	char list[256];

	if (!n || n == end - first)
		return STATUS_DONE;
	return error_usage(parse->vdpa, "%s have to be given together", list_names(first, end, list, sizeof(list)));
}

static enum status check_one(struct parse *parse, const struct argument *argument)
{
	const struct argument *with = argument - argument->within;

	if (argument->required && !is_given(parse, argument))
		return error_usage(parse->vdpa, "%s is missing", argument->word.name);
	if (argument->within && is_given(parse, argument) && !is_given(parse, with))
		return error_usage(parse->vdpa, "\"%s\" goes with \"%s\"", argument->word.name, with->word.name);
	return STATUS_DONE;
}

static enum status check_complete(struct parse *parse)
{
	enum status status = STATUS_DONE;
	const struct argument *first, *end;

	for (first = parse->table; status == STATUS_DONE && first->word.name; first = end) {
		end = first + 1;
		while (end->word.name && (first->choice || first->together) && end->choice == first->choice &&
		       end->together == first->together)
			end++;
		if (first->choice)
			status = check_choice(parse, first, end);
		else if (first->together)
			status = check_together(parse, first, end);
		else
			status = check_one(parse, first);
	}
	return status;
}

enum status parse_arguments(struct vdpa *vdpa, int argc, char **argv, void *values)
{
	static const struct argument none = { .word.name = NULL };
	const struct argument *table = vdpa->command->arguments ? vdpa->command->arguments : &none;
	struct parse parse = {
		.vdpa = vdpa, .table = table, .keywords = table, .argc = argc, .argv = argv, .values = values,
	};
	enum status status = STATUS_DONE;

	while (parse.keywords->word.name && parse.keywords->positional)
		parse.keywords++;
	for (const struct argument *place = table; status == STATUS_DONE && place < parse.keywords; place++)
		status = take_place(&parse, place);
	while (status == STATUS_DONE && parse.argc)
		status = take_keyword(&parse);
	return status == STATUS_DONE ? check_complete(&parse) : status;
}
