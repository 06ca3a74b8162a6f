// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration check: whether a source can move to a target, and all that is in the way */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/error.h"
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

enum status source_read(const char *file, const char *policy, struct source *source)
{
	struct nl_error err = { 0 };
	enum status status;

	memset(source, 0, sizeof(*source));
	status = read_subject(file, source, &err) < 0 ? error_file(file, &err) : policy_read(policy, &source->policy);
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
		return error_file(file, &err);
	status = migration_judge(source, &target, &judgement, &err);
	if (status == STATUS_DONE) {
		status = judgement.judged ?
			 print_verdict(vdpa, target.name, &judgement, !judgement.mismatches.count, NULL) :
			 error_file(file, &err);
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
		return error_refused(target_text(target), err);
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
		return error_refused(target_text(target), &err);
	status = migration_judge(source, &subject, &judgement, &err);
	if (status == STATUS_DONE) {
		status = ask_kernel(vdpa, target, subject.name, &judgement, &err);
		judgement_free(&judgement);
	}
	subject_free(&subject);
	return status;
}

struct check {
	const char *source;
	const char *file;
	struct target target;
	const char *policy;
};

enum { CHECK_SOURCE, CHECK_TARGET, CHECK_DEV, CHECK_MGMTDEV, CHECK_POLICY };

enum { CHECK_TARGETS = 1 << CHECK_TARGET | 1 << CHECK_DEV | 1 << CHECK_MGMTDEV };

static const struct keyword check_keywords[] = {
	[CHECK_SOURCE] = {
		.word = { .name = "source" }, .required = true,
		.check = arg_file, .offset = offsetof(struct check, source),
	},
	[CHECK_TARGET] = {
		.word = { .name = "target" },
		.check = arg_file, .offset = offsetof(struct check, file),
	},
	[CHECK_DEV] = {
		.word = { .name = "dev" },
		.check = arg_device, .offset = offsetof(struct check, target.device),
	},
	[CHECK_MGMTDEV] = {
		.word = { .name = "mgmtdev" },
		.check = arg_mgmtdev, .offset = offsetof(struct check, target.mgmtdev),
	},
	[CHECK_POLICY] = KEYWORD_POLICY(struct check, policy),
	{ .word.name = NULL }
};

enum status migration_check(struct vdpa *vdpa, int argc, char **argv)
{
	struct check check = { 0 };
	struct source source;
	enum status status;
	uint32_t given;

	status = args_keywords(vdpa, check_keywords, argc, argv, &check, &given);
	if (status != STATUS_DONE)
		return status;
	if (__builtin_popcount(given & CHECK_TARGETS) != 1)
		return error_usage(vdpa, "exactly one of target, dev and mgmtdev has to be given");
	if (given >> CHECK_TARGET & 1 && strcmp(check.source, "-") == 0 &&
	    strcmp(check.file, "-") == 0)
		return error_usage(vdpa, "source and target cannot both be standard input");
	status = source_read(check.source, check.policy, &source);
	if (status != STATUS_DONE)
		return status;
	status = given >> CHECK_TARGET & 1 ? check_file(vdpa, &source, check.file) :
					     check_target(vdpa, &source, &check.target);
	source_free(&source);
	return status;
}

const struct command migration_commands[] = {
	{
		.word = { .name = "check" },
		.usage = "source FILE { target FILE | dev DEV | mgmtdev MGMTDEV } [ policy FILE ]",
		.run = migration_check,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "find" },
		.usage = "source FILE [ policy FILE ]",
		.run = migration_find,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "plan" },
		.usage = "source FILE mgmtdev MGMTDEV name NAME [ policy FILE ]",
		.run = migration_plan,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "estimate" },
		.usage = "DEV [ interval MS ]",
		.run = migration_estimate,
		.takes_name = true,
		.needs = VDPA_CMD_MIGRATION_ESTIMATE,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
