/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_DEV_H
#define VDPA_TOOL_DEV_H

#include "command/command.h"

/* Print a device, its configuration, one of its queues; @data is the struct output. */
int dev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_config_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_vstats_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);
int dev_vq_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data);

/* The arguments of commands that are about one device, or about all where none is named. */
struct one_device {
	uint32_t given;
	const char *name;	/* NULL: none */
};

extern const struct argument one_device[], any_device[];

/* Names it in a request; @values: a struct one_device, or what begins like it. */
void put_one_device(struct nlmsghdr *nlh, const void *values);

/* dev suspend, dev resume */
struct suspend {
	uint32_t given;
	struct names names;
	uint32_t deadline;	/* ms */
};

extern const struct argument suspend_arguments[], resume_arguments[];

void put_suspend(struct nlmsghdr *nlh, const void *values);

/* dev wait */
struct wait_values {
	uint32_t given;
	const char *name;
	uint8_t state;		/* enum vdpa_dev_state */
	uint32_t timeout;	/* ms */
};

extern const struct argument wait_arguments[];

enum status dev_wait(struct vdpa *vdpa, const void *values);

enum status dev_state_save(struct vdpa *vdpa, const void *values);
enum status dev_state_load(struct vdpa *vdpa, const void *values);

#endif
