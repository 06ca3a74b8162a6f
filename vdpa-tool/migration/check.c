// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration check: whether a source can move to a target, and all that is in the way */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "migration/check.h"
#include "migration/description_json.h"

/* --- the source --- */

static int read_subject(const char *file, struct source *source, struct nl_error *err)
{
	if (subject_read(file, &source->subject, err) < 0)
		return -1;
	if (source->subject.mgmtdev)
		return nl_fail(err, EINVAL, "is about a management device, only a device can be moved");
	return subject_describe(&source->subject, 0, &source->description, err) > 0 ? 0 : -1;
}

enum status source_read(struct vdpa *vdpa, const char *file, const char *policy, struct source *source)
{
	struct nl_error err = { 0 };
	enum status status;

	memset(source, 0, sizeof(*source));
	status = read_subject(file, source, &err) < 0 ? error_file(vdpa, file, &err) : policy_read(vdpa, policy, &source->policy);
	if (status != STATUS_DONE)
		source_free(source);
	return status;
}

void source_free(struct source *source)
{
	policy_free(&source->policy);
	subject_free(&source->subject);
}

/* --- the judgement --- */

enum status migration_judge(const struct source *source, const struct subject *target, struct judgement *judgement,
			    struct nl_error *err)
{
	enum status status = STATUS_DONE;

	*judgement = (struct judgement){ .source = description_copy(source->description) };
	if (subject_describe(target, source->description->class, &judgement->target, err) < 0)
		return STATUS_DONE;
	if (judgement->target)
		status = policy_apply(&source->policy, &judgement->source, judgement->target, &judgement->waivers);
	if (status == STATUS_DONE) {
		judgement->mismatches = judge(&judgement->source, judgement->target);
		judgement->judged = true;
	} else {
		judgement_free(judgement);
	}
	return status;
}

void judgement_free(struct judgement *judgement)
{
	description_free(&judgement->source);
	free(judgement->mismatches.list);
	free(judgement->waivers.list);
	memset(judgement, 0, sizeof(*judgement));
}

/* --- the command --- */

/* @kernel: what the kernel says, NULL where it was not asked. */
static enum status print_verdict(struct vdpa *vdpa, const char *name, const struct judgement *judgement,
				 bool compatible, const char *kernel)
{
	struct output *out = &vdpa->out;

	out_begin(out, "check");
	out_entry(out, name, strlen(name));
	out_bool(out, "compatible", compatible);
	if (judgement->mismatches.count || options.json)
		mismatches_write(out, &judgement->mismatches);
	untold_write(out, &judgement->source);
	if (kernel)
		out_text(out, "kernel", kernel);
	waivers_write(out, &judgement->waivers);
	out_entry_end(out);
	out_end(out, true);
	return compatible ? STATUS_DONE : STATUS_UNFIT;
}

static enum status check_file(struct vdpa *vdpa, const struct source *source, const char *file)
{
	struct judgement judgement;
	struct nl_error err = { 0 };
	enum status status;
	struct subject target;

	if (subject_read(file, &target, &err) < 0)
		return error_file(vdpa, file, &err);
	status = migration_judge(source, &target, &judgement, &err);
	if (status == STATUS_DONE) {
		status = judgement.judged ?
			 print_verdict(vdpa, target.name, &judgement, !judgement.mismatches.count, NULL) :
			 error_file(vdpa, file, &err);
		judgement_free(&judgement);
	}
	subject_free(&target);
	return status;
}

/* The kernel's parent may have a last word that its description does not tell. */
static enum status ask_kernel(struct vdpa *vdpa, const struct target *target, const char *name,
			      const struct judgement *judgement, struct nl_error *err)
{
	enum verdict verdict = VERDICT_FAILED;

	if (judgement->judged)
		verdict = migration_ask(vdpa, target, &judgement->source, err);
	if (verdict == VERDICT_FAILED)
		return error_refused(vdpa, target_text(target), err);
	return print_verdict(vdpa, name, judgement,
			     verdict == VERDICT_FIT && !judgement->mismatches.count,
			     verdict == VERDICT_FIT ? "compatible" : error_reason(err));
}

static enum status check_target(struct vdpa *vdpa, const struct source *source,
				const struct target *target)
{
	enum status status = command_connect(vdpa);
	struct judgement judgement;
	struct nl_error err = { 0 };
	struct subject subject;

	if (status != STATUS_DONE)
		return status;
	if (migration_get(vdpa, target, &subject, &err) < 0)
		return error_refused(vdpa, target_text(target), &err);
	status = migration_judge(source, &subject, &judgement, &err);
	if (status == STATUS_DONE) {
		status = ask_kernel(vdpa, target, subject.name, &judgement, &err);
		judgement_free(&judgement);
	}
	subject_free(&subject);
	return status;
}

const struct argument check_arguments[] = {
	{
		.word = { .name = "source" }, .required = true, .type = &type_file,
		.text = "the source's description, from \"dev migration show\" with -j", .offset = offsetof(struct check, source),
	},
	{
		.word = { .name = "target" }, .required = true, .choice = 1, .type = &type_file,
		.text = "the target's description", .offset = offsetof(struct check, file),
	},
	{
		.word = { .name = "dev" }, .required = true, .choice = 1, .type = &type_device,
		.text = "a device of this host as target", .offset = offsetof(struct check, target.device),
	},
	{
		.word = { .name = "mgmtdev" }, .required = true, .choice = 1, .type = &type_mgmtdev,
		.text = "a management device of this host as target", .offset = offsetof(struct check, target.mgmtdev),
	},
	ARGUMENT_POLICY(struct check, policy),
	{ .word.name = NULL }
};

enum status check_check(struct vdpa *vdpa, const void *values)
{
	const struct check *check = values;

	if (check->file && strcmp(check->source, "-") == 0 && strcmp(check->file, "-") == 0)
		return error_usage(vdpa, "source and target cannot both be standard input");
	return STATUS_DONE;
}

enum status migration_check(struct vdpa *vdpa, const void *values)
{
	const struct check *check = values;
	struct source source;
	enum status status;

	status = source_read(vdpa, check->source, check->policy, &source);
	if (status != STATUS_DONE)
		return status;
	status = check->file ? check_file(vdpa, &source, check->file) : check_target(vdpa, &source, &check->target);
	source_free(&source);
	return status;
}

const struct command migration_commands[] = {
	{
		.word = { .name = "check" },
		.text = "Tells whether a device can move to a target, and lists every mismatch.",
		.arguments = check_arguments, .size = sizeof(struct check),
		.needs = VDPA_CMD_MIGRATION_CHECK, .needs_text = NEEDS_OURS, .local = true,
		.check = check_check, .run = migration_check,
	},
	{
		.word = { .name = "find" },
		.text = "Finds targets for a device on this host, the best first.",
		.arguments = find_arguments, .size = sizeof(struct find),
		.needs = VDPA_CMD_MIGRATION_CHECK, .needs_text = NEEDS_OURS, .local = true,
		.run = migration_find,
	},
	{
		.word = { .name = "plan" },
		.text = "Prints the command that creates the target.",
		.arguments = plan_arguments, .size = sizeof(struct plan),
		.needs = VDPA_CMD_MIGRATION_CHECK, .needs_text = NEEDS_OURS, .local = true,
		.check = check_plan, .run = migration_plan,
	},
	{
		.word = { .name = "estimate" },
		.text = "Estimates how much there is to move, and how fast it changes.",
		.arguments = estimate_arguments, .size = sizeof(struct estimate), .defaults = &estimate_defaults,
		.needs = VDPA_CMD_MIGRATION_ESTIMATE, .needs_text = NEEDS_OURS,
		.run = migration_estimate,
	},
	{ .word.name = NULL }
};
