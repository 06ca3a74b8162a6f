// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "cli/usage.h"

enum { PATH_SIZE = sizeof(((struct vdpa *)0)->path), LINE_WIDTH = 100, INDENT = 20, COLUMN = 24 };

static const char *value_name(const struct argument *argument)
{
	return argument->value ? argument->value : argument->type->name;
}

static void join(char *path, size_t size, const char *above, const char *word)
{
	snprintf(path, size, "%s%s%s", above, *above ? " " : "", word);
}

/* --- synopsis --- */

/* "deadline MS", "DEV" */
static void write_words(FILE *file, const struct argument *argument)
{
	if (argument->positional)
		fputs(value_name(argument), file);
	else
		fputs(argument->word.name, file);
	if (argument->type && !argument->positional)
		fprintf(file, " %s", value_name(argument));
}

static bool in_group(const struct argument *first, const struct argument *argument)
{
	if (!argument->word.name)
		return false;
	return (first->choice && argument->choice == first->choice) ||
	       (first->together && argument->together == first->together);
}

static const struct argument *write_argument(FILE *file, const struct argument *argument);

/* Those that go with @argument follow it. */
static const struct argument *write_within(FILE *file, const struct argument *argument)
{
	const struct argument *next = argument + 1;

	while (next->word.name && next->within && next - next->within == argument) {
		fputc(' ', file);
		next = write_argument(file, next);
	}
	return next;
}

static const struct argument *write_one(FILE *file, const struct argument *argument)
{
	write_words(file, argument);
	if (argument->repeats && argument->positional)
		fprintf(file, " [ %s ... ]", value_name(argument));
	else if (argument->repeats)
		fputs(" ...", file);
	return write_within(file, argument);
}

/* Writes @argument, and all that is in its brackets. Returns the next. */
static const struct argument *write_argument(FILE *file, const struct argument *argument)
{
	const struct argument *first = argument;
	bool braces = first->choice && first->required;

	if (first->required && !first->choice)
		return write_one(file, first);
	fputs(braces ? "{ " : "[ ", file);
	argument = write_one(file, first);
	while (in_group(first, argument)) {
		fputs(first->choice ? " | " : " ", file);
		argument = write_one(file, argument);
	}
	fputs(braces ? " }" : " ]", file);
	return argument;
}

/* "vdpa dev suspend DEV [ DEV ... ] ...", to be freed. */
static char *synopsis(const char *path, const struct command *command)
{
	const struct argument *argument = command->arguments;
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		error_no_memory();
	fprintf(file, "vdpa %s", path);
	while (argument && argument->word.name) {
		fputc(' ', file);
		argument = write_argument(file, argument);
	}
	if (fclose(file) != 0)
		error_no_memory();
	return text;
}

/* The end of the part of @text that is kept together: up to a bracket outside all others. */
static const char *part_end(const char *text)
{
	int depth = 0;

	for (const char *c = text; *c; c++) {
		if (c > text + 1 && !depth && c[-1] == ' ' && (*c == '[' || *c == '{') && c[1] == ' ')
			return c - 1;
		if (strchr("[{", *c))
			depth++;
		else if (strchr("]}", *c))
			depth--;
	}
	return text + strlen(text);
}

/* Breaks the line where it gets too long. */
static void print_synopsis(const char *before, const char *text)
{
	int column = printf("%s", before);

	while (*text) {
		int len = part_end(text) - text;

		if (column > INDENT && column + len > LINE_WIDTH) {
			column = printf("\n%*s", INDENT, "") - 1;
			text++;
			len--;
		}
		column += printf("%.*s", len, text);
		text += len;
	}
	putchar('\n');
}

/* --- as text --- */

/* What a number may be, behind the description: "(ms, 1 to 3600000)". */
static void print_range(const struct arg_type *type)
{
	if (!type || !type->size)
		return;
	printf(" (%s%s", type->unit ? type->unit : "", type->unit && type->max != UINT64_MAX ? ", " : "");
	if (type->max != UINT64_MAX)
		printf("%llu to %llu", (unsigned long long)type->min, (unsigned long long)type->max);
	putchar(')');
}

static void print_arguments(const struct argument *argument)
{
	if (argument && argument->word.name)
		putchar('\n');
	for (; argument && argument->word.name; argument++) {
		size_t size;
		char *words;
		FILE *file = open_memstream(&words, &size);

		if (!file)
			error_no_memory();
		write_words(file, argument);
		if (fclose(file) != 0)
			error_no_memory();
		printf("  %-*s %s", COLUMN, words, argument->text);
		print_range(argument->type);
		putchar('\n');
		free(words);
	}
}

static void print_options_of(const struct command *command)
{
	if (command->takes)
		putchar('\n');
	for (const struct some_option *some = some_options; some->name; some++) {
		char words[COLUMN];

		snprintf(words, sizeof(words), "-%s%s%s", some->letter ? some->letter : some->name, some->letter ? ", -" : "",
			 some->letter ? some->name : "");
		if (command->takes & some->takes)
			printf("  %-*s %s\n", COLUMN, words, some->text);
	}
}

static void print_command(const char *before, const char *path, const struct command *command)
{
	char *text = synopsis(path, command);

	print_synopsis(before, text);
	free(text);
}

static void print_table(const struct command *table, const char *path, const char **before)
{
	for (const struct command *command = table; command->word.name; command++) {
		char below[PATH_SIZE];

		join(below, sizeof(below), path, command->word.name);
		if (command->below) {
			print_table(command->below, below, before);
			continue;
		}
		print_command(*before, below, command);
		*before = "       ";
	}
}

static void print_options(void)
{
	char list[128];

	printf("       vdpa -b[atch] FILE [ -f[orce] ] [ -parallel N ]\n"
	       "       vdpa [ OBJECT ... ] help\n"
	       "where  OBJECT := { %s }\n"
	       "       OPTIONS, before or after the command := { -j[son] | -p[retty] | -s[tate] |\n"
	       "                  -t[imestamp] | -n | -prune | -watch | -V[ersion] | -h[elp] }\n",
	       keyword_list(commands, sizeof(*commands), NULL, list, sizeof(list)));
}

/* --- as JSON --- */

static void write_argument_json(struct output *out, const struct argument *argument)
{
	const struct arg_type *type = argument->type;

	out_row(out);
	out_text(out, "name", argument->positional ? value_name(argument) : argument->word.name);
	if (type && !argument->positional)
		out_text(out, "value", value_name(argument));
	if (type && type->unit)
		out_text(out, "unit", type->unit);
	if (type && type->size) {
		out_number(out, "min", type->min);
		out_number(out, "max", type->max);
	}
	out_bool(out, "positional", argument->positional);
	out_bool(out, "required", argument->required);
	out_bool(out, "repeats", argument->repeats);
	out_text(out, "text", argument->text);
	out_row_end(out);
}

static void write_json(struct output *out, const char *path, const struct command *command)
{
	char *text = synopsis(path, command);

	out_entry(out, path, strlen(path));
	out_text(out, "synopsis", text);
	out_text(out, "text", command->text);
	out_table(out, "arguments");
	for (const struct argument *argument = command->arguments; argument && argument->word.name; argument++)
		write_argument_json(out, argument);
	out_table_end(out);
	out_entry_end(out);
	free(text);
}

static void write_table(struct output *out, const struct command *table, const char *path)
{
	for (const struct command *command = table; command->word.name; command++) {
		char below[PATH_SIZE];

		join(below, sizeof(below), path, command->word.name);
		if (command->below)
			write_table(out, command->below, below);
		else
			write_json(out, below, command);
	}
}

/* --- both --- */

void usage_table(struct vdpa *vdpa, const struct command *table)
{
	const char *before = "Usage: ";

	if (!options.json) {
		print_table(table, vdpa->path, &before);
		if (table == commands)
			print_options();
		return;
	}
	out_begin(&vdpa->out, "help");
	write_table(&vdpa->out, table, vdpa->path);
	out_end(&vdpa->out, true);
}

void usage_command(struct vdpa *vdpa, const struct command *command)
{
	if (options.json) {
		out_begin(&vdpa->out, "help");
		write_json(&vdpa->out, vdpa->path, command);
		out_end(&vdpa->out, true);
		return;
	}
	print_command("Usage: ", vdpa->path, command);
	printf("\n%s\n", command->text);
	print_arguments(command->arguments);
	print_options_of(command);
}

/* --- completion --- */

static void offer_keyword(const struct argument *table, const struct argument *argument, uint32_t given)
{
	const struct argument *with = argument - argument->within;

	if (given >> (argument - table) & 1 && !argument->repeats)
		return;
	if (argument->within && !(given >> (with - table) & 1))
		return;
	for (const struct argument *other = table; argument->choice && other->word.name; other++)
		if (other->choice == argument->choice && given >> (other - table) & 1)
			return;
	puts(argument->word.name);
}

static void complete_command(const struct command *command, int argc, char **argv)
{
	static const struct argument none = { .word.name = NULL };
	const struct argument *table = command->arguments ? command->arguments : &none, *keywords = table;
	uint32_t given = 0;
	int i = 0;

	for (; keywords->word.name && keywords->positional; keywords++) {
		if (i == argc) {
			puts(value_name(keywords));
			if (keywords->required || !keywords->repeats)
				return;
		}
		given |= UINT32_C(1) << (keywords - table);
		if (i == argc)
			continue;
		if (keywords->required || !keywords->repeats)
			i++;
		for (; keywords->repeats && i < argc && keyword_find(keywords + 1, sizeof(*table), argv[i]) < 0; i++)
			;
		if (keywords->repeats && i == argc)
			puts(value_name(keywords));
	}
	for (; i < argc; i++) {
		int found = keyword_find(keywords, sizeof(*keywords), argv[i]);

		if (found < 0)
			return;
		given |= UINT32_C(1) << (keywords + found - table);
		if (keywords[found].type && ++i == argc) {
			puts(value_name(&keywords[found]));
			return;
		}
	}
	for (const struct argument *keyword = keywords; keyword->word.name; keyword++)
		offer_keyword(table, keyword, given);
}

void usage_complete(int argc, char **argv)
{
	const struct command *table = commands;

	for (int i = 0; table && i < argc; i++) {
		int found = keyword_find(table, sizeof(*table), argv[i]);

		if (found < 0)
			return;
		if (!table[found].below)
			complete_command(&table[found], argc - i - 1, argv + i + 1);
		table = table[found].below;
	}
	for (; table && table->word.name; table++)
		puts(table->word.name);
}
