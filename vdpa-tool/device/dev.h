/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_DEV_H
#define VDPA_TOOL_DEV_H

#include <linux/if_ether.h>

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

/* dev add: what devices are created with, here and by files (apply/). Bit i of @given is dev_add_arguments[i]. */
struct dev_add {
	uint32_t given;
	const char *name;
	struct mgmtdev_handle mgmtdev;
	uint8_t mac[ETH_ALEN];
	uint16_t mtu;
	uint16_t max_vqp;
	struct features_wanted features;
	const char *driver;
};

enum { ADD_NAME, ADD_MGMTDEV, ADD_FEATURES, ADD_MAC, ADD_MTU, ADD_MAX_VQP, ADD_DRIVER, ADD_ARGUMENTS };

extern const struct argument dev_add_arguments[];

/* As in struct command; @values: a struct dev_add */
enum status dev_add_check(struct vdpa *vdpa, const void *values);
enum status dev_add_prepare(struct vdpa *vdpa, void *values);
void dev_add_put(struct nlmsghdr *nlh, const void *values);
void dev_add_explain(const void *values, struct nl_error *err);

/* Appends those of features, mac, mtu and max_vqp that were given. */
void dev_add_put_settings(struct nlmsghdr *nlh, const struct dev_add *add);

/* A core that does not know what came with @command would pass over the argument named @word: it is refused here. */
enum status dev_check_known(struct vdpa *vdpa, uint8_t command, const char *word);

/*
 * Before a device is given another driver. The kernel does not see who has only opened it: its driver would be told to go, and
 * come back. Here he is found. Returns STATUS_DONE, or has said who it is.
 */
enum status dev_check_closed(struct vdpa *vdpa, const char *name, const char *driver);

/* What can be done where it could not be given. */
void dev_explain_driver(const char *driver, struct nl_error *err);

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
