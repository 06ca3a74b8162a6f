// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "cli/report.h"
#include "output/output.h"
#include "output/text.h"

/* --- JSON --- */

static void write_text(struct output *out, const char *key, const char *text)
{
	if (text)
		out_text(out, key, text);
}

/* The keys of one. */
static void write_fault(struct output *out, const struct fault *fault, unsigned long line)
{
	const char *name = fault->errnum ? strerrorname_np(fault->errnum) : NULL;

	if (name)
		out_text(out, "errno", name);
	else if (fault->errnum)
		out_number(out, "errno", fault->errnum);
	out_text(out, "message", fault->message);
	write_text(out, "command", fault->command);
	write_text(out, "dev", fault->dev);
	write_text(out, "mgmtdev", fault->mgmtdev);
	write_text(out, "attribute", fault->attribute);
	write_text(out, "path", fault->path);
	write_text(out, "file", options.batch);
	if (line)
		out_number(out, "line", line);
	if (fault->about)
		out_json(out, fault->key, fault->about);
}

static void print_json(const struct fault *fault, unsigned long line)
{
	struct output out;

	out_open(&out, stderr, true, false);
	out_document(&out);
	out_object(&out, fault->warning ? "warning" : "error");
	write_fault(&out, fault, line);
	out_object_end(&out);
	out_document_end(&out);
}

static size_t count(const struct faults *faults, bool warnings)
{
	size_t n = 0;

	for (size_t i = 0; i < faults->count; i++)
		n += faults->list[i].warning == warnings;
	return n;
}

static void write_table(struct output *out, const char *key, const struct faults *faults, bool warnings,
			unsigned long line)
{
	out_table(out, key);
	for (size_t i = 0; i < faults->count; i++) {
		if (faults->list[i].warning != warnings)
			continue;
		out_row(out);
		write_fault(out, &faults->list[i], line);
		out_row_end(out);
	}
	out_table_end(out);
}

void report_keys(struct output *out, const struct faults *faults, unsigned long line)
{
	const struct fault *first = faults->list;
	size_t errors = count(faults, false);

	if (errors) {
		while (first->warning)
			first++;
		out_object(out, "error");
		write_fault(out, first, line);
		out_object_end(out);
	}
	if (errors > 1)
		write_table(out, "errors", faults, false, line);
	if (count(faults, true))
		write_table(out, "warnings", faults, true, line);
}

/* --- text --- */

/* "TEXT: ", whatever bytes it has. */
static void print_part(const char *text, const char *behind)
{
	char *clean = text_utf8(text, strlen(text));

	text_print(stderr, clean);
	fputs(behind, stderr);
	free(clean);
}

static void print_text(const struct fault *fault, unsigned long line)
{
	fputs("vdpa: ", stderr);
	if (options.batch)
		print_part(options.batch, line ? "" : ": ");
	if (options.batch && line)
		fprintf(stderr, ":%lu: ", line);
	if (fault->subject)
		print_part(fault->subject, ": ");
	print_part(fault->message, "");
	if (fault->attribute)
		fprintf(stderr, " (%s)", fault->attribute);
	fputc('\n', stderr);
}

/* Standard output goes first, so that the two read in order where they meet. */
void report(struct faults *faults, unsigned long line, const char *help)
{
	if (faults->count)
		fflush(stdout);
	for (size_t i = 0; i < faults->count; i++) {
		const struct fault *fault = &faults->list[i];

		if (options.json) {
			print_json(fault, line);
			continue;
		}
		print_text(fault, line);
		if (fault->usage)
			fprintf(stderr, "Try \"vdpa %s%shelp\".\n", help, *help ? " " : "");
	}
	faults_free(faults);
}
