// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration plan: the command that creates the target */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "command/command.h"
#include "migration/check.h"
#include "migration/description_json.h"
#include "output/text.h"

/* The command line. */
struct words {
	size_t count;
	char *list[2 * 8 + 8];	/* every setting, and the words before them */
};

static void add_word(struct words *words, const char *word)
{
	words->list[words->count] = strdup(word);
	if (!words->list[words->count++])
		error_no_memory();
}

/* --- what is set when the device is created --- */

/* Attributes that "dev add" has a keyword for, which is their name. */
static const struct {
	const char *name;
	enum value_type type;
	const struct arg_type *is;
} settings[] = {
	{ "device_features",	TYPE_BITMASK,	&type_features },
	{ "mac",		TYPE_STRING,	&type_mac },
	{ "mtu",		TYPE_U64,	&type_mtu },
	{ "max_vqp",		TYPE_U64,	&type_max_vqp },
};

_Static_assert(BITS_TEXT_SIZE <= VDPA_MIGRATION_STRING_MAX + 1, "a bitmask is no longer than a string");

/* The value as the keyword takes it, in @buf of VDPA_MIGRATION_STRING_MAX + 1 bytes. */
static void setting_text(const struct attribute *attribute, char *buf, size_t len)
{
	if (attribute->type == TYPE_STRING)
		snprintf(buf, len, "%s", attribute->string);
	else if (attribute->type == TYPE_BITMASK)
		bits_text(&attribute->bits, buf);
	else
		snprintf(buf, len, "%llu", (unsigned long long)attribute->number);
}

/* Appends keyword and value. Returns 0, or -1 with @err where the value can be none of it. */
static int add_setting(struct words *words, const struct attribute *attribute, struct nl_error *err)
{
	char text[VDPA_MIGRATION_STRING_MAX + 1];
	const char *reason = "has no value";
	struct features_wanted value;	/* the largest of them */
	char why[REASON_SIZE];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (strcmp(settings[i].name, attribute->name) != 0)
			continue;
		if (attribute->type != settings[i].type)
			return nl_fail(err, EINVAL, "the source's %s is of type %s", attribute->name,
				       attribute->type_name);
		setting_text(attribute, text, sizeof(text));
		if (attribute->has_value)
			reason = arg_take(settings[i].is, text, &value, why);
		if (reason)
			return nl_fail(err, EINVAL, "the source's %s \"%s\" %s", attribute->name, text,
				       reason);
		add_word(words, attribute->name);
		add_word(words, text);
		return 0;
	}
	return nl_fail(err, EOPNOTSUPP, "\"vdpa dev add\" cannot set %s", attribute->name);
}

/* All that both sides say is set at creation. */
static int add_settings(struct words *words, const struct description *source,
			const struct description *target, struct nl_error *err)
{
	for (size_t i = 0; i < source->count; i++) {
		const struct attribute *attribute = &source->attributes[i];
		const struct attribute *other = description_find(target, attribute->name);

		if (!attribute->provision || !other || !other->provision)
			continue;
		if (add_setting(words, attribute, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the command line --- */

/* Inside single quotes nothing but a single quote means anything to a shell. */
static void print_quoted(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_-./:@%+,";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

static void print_line(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (i)
			putchar(' ');
		print_quoted(words->list[i]);
	}
	putchar('\n');
}

static void print_words(struct output *out, const struct words *words)
{
	out_list(out, "command");
	for (size_t i = 0; i < words->count; i++)
		out_text(out, NULL, words->list[i]);
	out_list_end(out);
}

static void plan_begin(struct vdpa *vdpa, const struct plan *plan)
{
	out_begin(&vdpa->out, "plan");
	out_entry(&vdpa->out, plan->name, strlen(plan->name));
}

static void plan_end(struct vdpa *vdpa, const struct judgement *judgement)
{
	waivers_write(&vdpa->out, &judgement->waivers);
	out_entry_end(&vdpa->out);
	out_end(&vdpa->out, true);
}

/* Beside the line, which is for a shell: what has to be looked at once it was run. */
static void say_untold(struct vdpa *vdpa, const struct plan *plan, const struct description *source)
{
	char *note;
	size_t len;
	FILE *file = untold_count(source) ? open_memstream(&note, &len) : NULL;
	const char *separator = "";

	if (!file)
		return;
	fprintf(file, "%s cannot tell ", plan->target.mgmtdev.text);
	for (size_t i = 0; i < source->count; i++) {
		if (!source->attributes[i].untold)
			continue;
		fprintf(file, "%s%s", separator, source->attributes[i].name);
		separator = ", ";
	}
	fprintf(file, " before the device exists: check it then with \"vdpa migration check ... dev %s\"", plan->name);
	fclose(file);
	error_note(vdpa, note, NULL, NULL);
	free(note);
}

static void print_plan(struct vdpa *vdpa, const struct plan *plan, const struct words *words,
		       const struct judgement *judgement)
{
	if (!options.json) {
		policy_note(vdpa, plan->target.mgmtdev.text, &judgement->waivers);
		say_untold(vdpa, plan, &judgement->source);
		print_line(words);
		return;
	}
	plan_begin(vdpa, plan);
	print_words(&vdpa->out, words);
	untold_write(&vdpa->out, &judgement->source);
	plan_end(vdpa, judgement);
}

/* --- whether there is a plan --- */

/* "source VALUE target VALUE" */
static char *values_text(const struct mismatch *mismatch)
{
	struct output out;
	char *text;
	size_t len;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		error_no_memory();
	out_open(&out, file, false, false);
	out_document(&out);
	value_write(&out, "source", &mismatch->source);
	value_write(&out, "target", &mismatch->target);
	out_document_end(&out);
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void say_mismatches(struct vdpa *vdpa, const char *target, const struct mismatches *mismatches)
{
	for (size_t i = 0; i < mismatches->count; i++) {
		const struct mismatch *mismatch = &mismatches->list[i];
		char *values = values_text(mismatch);
		struct nl_error err = { 0 };

		nl_fail(&err, EMEDIUMTYPE, "%s (%s): %s; %s", mismatch->attribute, mismatch->rule, mismatch->reason,
			values);
		error_refused(vdpa, target, &err);
		free(values);
	}
}

/* There is nothing to run. @kernel: what the kernel says, where it was asked */
static enum status print_unfit(struct vdpa *vdpa, const struct plan *plan, const struct judgement *judgement,
			       const struct nl_error *kernel)
{
	if (options.json) {
		plan_begin(vdpa, plan);
		mismatches_write(&vdpa->out, &judgement->mismatches);
		if (kernel)
			out_text(&vdpa->out, "kernel", error_reason(kernel));
		plan_end(vdpa, judgement);
	} else if (kernel) {
		error_refused(vdpa, target_text(&plan->target), kernel);
	} else {
		say_mismatches(vdpa, target_text(&plan->target), &judgement->mismatches);
	}
	return STATUS_UNFIT;
}

static enum status ask_target(struct vdpa *vdpa, const struct plan *plan, const struct judgement *judgement)
{
	struct nl_error err = { 0 };

	if (judgement->mismatches.count)
		return print_unfit(vdpa, plan, judgement, NULL);
	switch (migration_ask(vdpa, &plan->target, &judgement->source, &err)) {
	case VERDICT_FIT:
		return STATUS_DONE;
	case VERDICT_UNFIT:
		return print_unfit(vdpa, plan, judgement, &err);
	default:
		return error_refused(vdpa, target_text(&plan->target), &err);
	}
}

static struct words plan_words(const struct plan *plan)
{
	struct words words = { .count = 0 };

	add_word(&words, "vdpa");
	add_word(&words, "dev");
	add_word(&words, "add");
	/* A name may look like an option. */
	if (plan->name[0] == '-' || plan->target.mgmtdev.text[0] == '-')
		add_word(&words, "--");
	add_word(&words, "name");
	add_word(&words, plan->name);
	add_word(&words, "mgmtdev");
	add_word(&words, plan->target.mgmtdev.text);
	return words;
}

static enum status write_plan(struct vdpa *vdpa, const struct plan *plan, const struct judgement *judgement)
{
	struct words words = plan_words(plan);
	enum status status = STATUS_DONE;
	struct nl_error err = { 0 };

	if (add_settings(&words, &judgement->source, judgement->target, &err) < 0) {
		error_refused(vdpa, plan->target.mgmtdev.text, &err);
		status = STATUS_UNFIT;
	} else {
		print_plan(vdpa, plan, &words, judgement);
	}
	while (words.count)
		free(words.list[--words.count]);
	return status;
}

static enum status make_plan(struct vdpa *vdpa, const struct plan *plan,
			     const struct source *source, const struct subject *subject)
{
	struct judgement judgement;
	struct nl_error err = { 0 };
	enum status status = migration_judge(source, subject, &judgement, &err);

	if (status != STATUS_DONE)
		return status;
	if (!judgement.judged)
		status = error_refused(vdpa, target_text(&plan->target), &err);
	else
		status = ask_target(vdpa, plan, &judgement);
	if (status == STATUS_DONE)
		status = write_plan(vdpa, plan, &judgement);
	judgement_free(&judgement);
	return status;
}

const struct argument plan_arguments[] = {
	{
		.word = { .name = "source" }, .required = true, .type = &type_file,
		.text = "the source's description, from \"dev migration show\" with -j", .offset = offsetof(struct plan, source),
	},
	{
		.word = { .name = "mgmtdev" }, .required = true, .type = &type_mgmtdev,
		.text = "the management device that creates the target", .offset = offsetof(struct plan, target.mgmtdev),
	},
	{
		.word = { .name = "name" }, .required = true, .type = &type_device, .value = "NAME",
		.text = "the target's name", .offset = offsetof(struct plan, name),
	},
	ARGUMENT_POLICY(struct plan, policy),
	{ .word.name = NULL }
};

/* Names become part of a line, and of JSON, which no other bytes get into and out of as they are. */
enum status check_plan(struct vdpa *vdpa, const void *values)
{
	const struct plan *plan = values;

	if (!text_plain(plan->name))
		return error_usage(vdpa, "name \"%s\" is not printable UTF-8", plan->name);
	if (!text_plain(plan->target.mgmtdev.text))
		return error_usage(vdpa, "mgmtdev \"%s\" is not printable UTF-8",
				   plan->target.mgmtdev.text);
	return STATUS_DONE;
}

enum status migration_plan(struct vdpa *vdpa, const void *values)
{
	const struct plan *plan = values;
	struct nl_error err = { 0 };
	struct subject subject;
	struct source source;
	enum status status;

	status = source_read(vdpa, plan->source, plan->policy, &source);
	if (status != STATUS_DONE)
		return status;
	status = command_connect(vdpa);
	if (status == STATUS_DONE && migration_get(vdpa, &plan->target, &subject, &err) < 0) {
		status = error_refused(vdpa, plan->target.mgmtdev.text, &err);
	} else if (status == STATUS_DONE) {
		status = make_plan(vdpa, plan, &source, &subject);
		subject_free(&subject);
	}
	source_free(&source);
	return status;
}
