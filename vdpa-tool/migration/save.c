// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state save */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "device/dev.h"
#include "migration/save.h"
#include "command/command.h"
#include "migration/new_file.h"
#include "netlink/thread.h"
#include "migration/saved_state.h"

/* --- one device, in a thread of its own --- */

struct save {
	struct thread_item item;
	struct saved_state state;
};

static int save_one(struct nl *nl, void *data)
{
	struct save *save = data;
	struct nlmsghdr *nlh = nl_request(nl, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, save->item.device);
	if (nl_exchange(nl, saved_state_take, &save->state, NULL, &save->item.err) < 0)
		return -1;
	return saved_state_complete(&save->state, &save->item.err);
}

/* --- the file --- */

/* What goes into one file. */
struct documents {
	const struct save *saves;
	int count;
};

static int write_all(FILE *file, const void *data)
{
	const struct documents *documents = data;

	for (int i = 0; i < documents->count; i++)
		if (saved_state_write(file, &documents->saves[i].state) < 0)
			return -1;
	return 0;
}

/*
 * What is no regular file, a pipe for instance, is written to. A file has the memory of a guest in it, so to speak:
 * it appears when it is complete, or not at all, and only its owner reads it.
 */
static int write_path(const char *path, int (*write)(FILE *file, const void *data), const void *data)
{
	struct stat st;
	FILE *file;
	int failed;
	int fd;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return new_file(path, write, data);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	failed = write(file, data);
	return fclose(file) == 0 ? failed : -1;
}

int dev_state_write_file(const char *path, int (*write)(FILE *file, const void *data), const void *data)
{
	return strcmp(path, "-") == 0 ? write(stdout, data) : write_path(path, write, data);
}

enum status dev_state_write_failed(struct vdpa *vdpa, const char *path)
{
	bool standard = strcmp(path, "-") == 0;

	/* What is left in the buffer is not tried again, and not said twice. */
	if (standard) {
		__fpurge(stdout);
		clearerr(stdout);
	}
	error_local(vdpa, errno ? errno : EIO, "%s", standard ? "standard output" : path);
	return STATUS_USAGE;
}

/* --- the command --- */

/* A second or so of one that writes little; what takes longer was not worth its rounds. */
enum { BELOW = 256 * 1024, ROUNDS = 30, DEADLINE = 10000 };

enum { SAVE_DEVICES, SAVE_PRECOPY, SAVE_ROUNDS, SAVE_BELOW, SAVE_DEADLINE };

const struct argument save_arguments[] = {
	[SAVE_DEVICES] = ARGUMENT_DEVICES(struct save_values, devices),
	[SAVE_PRECOPY] = {
		.word = { .name = "precopy", .full = true },
		.text = "copy the state in rounds while the device runs, then suspend it",
	},
	[SAVE_ROUNDS] = {
		.word = { .name = "rounds", .full = true }, .within = SAVE_ROUNDS - SAVE_PRECOPY, .type = &type_rounds,
		.text = "at most so many rounds after the first", .offset = offsetof(struct save_values, precopy.rounds),
	},
	[SAVE_BELOW] = {
		.word = { .name = "below", .full = true }, .within = SAVE_BELOW - SAVE_PRECOPY, .type = &type_bytes,
		.text = "suspend it when no more than this is left", .offset = offsetof(struct save_values, precopy.below),
	},
	[SAVE_DEADLINE] = {
		.word = { .name = "deadline", .full = true }, .within = SAVE_DEADLINE - SAVE_PRECOPY, .type = &type_ms,
		.text = "how long the suspend may take", .offset = offsetof(struct save_values, precopy.deadline),
	},
	{
		.word = { .name = "file", .full = true }, .type = &type_file,
		.text = "the file to write; default: standard output", .offset = offsetof(struct save_values, file),
	},
	{ .word.name = NULL }
};

const struct save_values save_defaults = {
	.file = "-", .precopy = { .rounds = ROUNDS, .below = BELOW, .deadline = DEADLINE },
};

/* All of them or nothing: a group that is saved in part cannot move. */
static enum status save_all(struct vdpa *vdpa, struct save *saves, int count, const char *path)
{
	const struct documents documents = { .saves = saves, .count = count };
	enum status status = STATUS_DONE;

	threads_run(&vdpa->nl, saves, count, sizeof(*saves), save_one);
	for (int i = 0; i < count; i++)
		if (!saves[i].item.done)
			status = error_refused(vdpa, saves[i].item.device, &saves[i].item.err);
	if (status != STATUS_DONE)
		return status;
	errno = 0;
	return dev_state_write_file(path, write_all, &documents) < 0 ? dev_state_write_failed(vdpa, path) : STATUS_DONE;
}

static enum status save_devices(struct vdpa *vdpa, int count, char **devices, const char *path)
{
	struct save *saves = calloc(count, sizeof(*saves));
	enum status status;

	if (!saves)
		error_no_memory();
	for (int i = 0; i < count; i++)
		saves[i].item.device = devices[i];
	status = save_all(vdpa, saves, count, path);
	for (int i = 0; i < count; i++)
		saved_state_free(&saves[i].state);
	free(saves);
	return status;
}

enum status check_save(struct vdpa *vdpa, const void *values)
{
	const struct save_values *save = values;

	if (was_given(save, SAVE_PRECOPY) && save->devices.count > 1)
		return error_usage(vdpa, "precopy is for one device at a time");
	if (options.batch && strcmp(save->file, "-") == 0)
		return error_usage(vdpa, "in a batch, a file has to be named");
	return STATUS_DONE;
}

enum status dev_state_save(struct vdpa *vdpa, const void *values)
{
	const struct save_values *save = values;

	if (was_given(save, SAVE_PRECOPY))
		return dev_state_precopy(vdpa, save->devices.words[0], &save->precopy, save->file);
	return save_devices(vdpa, save->devices.count, save->devices.words, save->file);
}

const struct command dev_state_commands[] = {
	{
		.word = { .name = "save" },
		.text = "Saves the state of suspended devices, or of a running one in rounds.",
		.arguments = save_arguments, .size = sizeof(struct save_values), .defaults = &save_defaults,
		.needs = VDPA_CMD_DEV_STATE_GET, .needs_text = NEEDS_OURS,
		.check = check_save, .run = dev_state_save,
	},
	{
		.word = { .name = "load" },
		.text = "Loads saved states into devices, all or none.",
		.arguments = load_arguments, .size = sizeof(struct load_values),
		.needs = VDPA_CMD_DEV_STATE_SET, .needs_text = NEEDS_OURS, .local = true,
		.run = dev_state_load,
	},
	{ .word.name = NULL }
};
