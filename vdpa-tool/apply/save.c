// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa save: a file for "vdpa apply", of the devices that there are */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/apply.h"
#include "apply/present_device.h"
#include "migration/save.h"
#include "netlink/attrs.h"

enum { SAVE_DEVICES, SAVE_FILE };

const struct argument save_file_arguments[] = {
	[SAVE_DEVICES] = {
		.word.name = "DEV", .positional = true, .repeats = true, .unlimited = true, .type = &type_device,
		.text = "the device, or several; default: all", .offset = offsetof(struct save_file_values, devices),
	},
	[SAVE_FILE] = {
		.word = { .name = "file", .full = true }, .type = &type_file,
		.text = "the file to write; default: standard output", .offset = offsetof(struct save_file_values, file),
	},
	{ .word.name = NULL }
};

/* --- a device --- */

struct saving {
	struct vdpa *vdpa;
	struct names devices;
	enum status worst;
};

/* What is not to be chosen anew: the address that a guest has got used to. Only where "dev add" would take it. */
static void keep_present(struct dev_add *add, const struct dev_add *config, uint64_t taken)
{
	static const uint8_t none[ETH_ALEN];

	if (was_given(config, ADD_MAC) && memcmp(config->mac, none, ETH_ALEN) != 0 &&
	    (was_given(add, ADD_MAC) || taken >> VDPA_ATTR_DEV_NET_CFG_MACADDR & 1)) {
		memcpy(add->mac, config->mac, ETH_ALEN);
		add->given |= UINT32_C(1) << ADD_MAC;
	}
	if (was_given(config, ADD_MTU) && (was_given(add, ADD_MTU) || taken >> VDPA_ATTR_DEV_NET_CFG_MTU & 1)) {
		add->mtu = config->mtu;
		add->given |= UINT32_C(1) << ADD_MTU;
	}
}

static int take_taken(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];

	if (attrs_parse(nlh, slots, err) < 0)
		return -1;
	if (slots[VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS])
		*(uint64_t *)data = attr_uint(slots[VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS]);
	return 0;
}

/* Which attributes "dev add" takes, bit by bit; a kernel that does not tell: none. */
static uint64_t ask_taken(struct nl *nl, const char *mgmtdev)
{
	struct mgmtdev_handle handle;
	struct nl_error unheard = { 0 };
	uint64_t taken = 0;

	if (arg_mgmtdev(mgmtdev, &handle))
		return 0;
	args_put_mgmtdev(nl_request(nl, VDPA_CMD_MGMTDEV_GET, 0), &handle);
	nl_exchange(nl, take_taken, &taken, NULL, &unheard);
	return taken;
}

static void write_device(struct saving *saving, const char *name, struct present_device *present)
{
	static const int order[] = { ADD_FEATURES, ADD_MAC, ADD_MTU, ADD_MAX_VQP };
	const char *driver = *present->override ? present->override : present->driver;
	struct vdpa *vdpa = saving->vdpa;
	struct output *out = &vdpa->out;

	keep_present(&present->created, &present->config, ask_taken(&vdpa->nl, present->mgmtdev));
	out_entry(out, name, strlen(name));
	out_text(out, "mgmtdev", present->mgmtdev);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		setting_write(out, &present->created, order[i]);
	if (*driver)
		out_text(out, "driver", driver);
	out_entry_end(out);
}

/* --- all of them --- */

static int take_name(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct saving *saving = data;
	struct names *devices = &saving->devices;

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	devices->words = reallocarray(devices->words, devices->count + 1, sizeof(*devices->words));
	if (!devices->words)
		error_no_memory();
	devices->words[devices->count++] = attr_copy(slots[VDPA_ATTR_DEV_NAME]);
	return 0;
}

/* @all: a device that is gone meanwhile is none of them */
static void save_devices(struct saving *saving, const struct names *devices, bool all)
{
	struct vdpa *vdpa = saving->vdpa;

	for (int i = 0; i < devices->count; i++) {
		struct present_device present;
		struct nl_error err = { 0 };

		if (present_device_read(&vdpa->nl, devices->words[i], &present, &err) == 0) {
			write_device(saving, devices->words[i], &present);
			present_device_free(&present);
		} else if (!all || err.errnum != ENODEV) {
			saving->worst = error_refused(vdpa, devices->words[i], &err);
		}
	}
}

static void save_all(struct saving *saving)
{
	struct vdpa *vdpa = saving->vdpa;
	struct nl_error err = { 0 };

	nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, NLM_F_DUMP);
	if (nl_exchange(&vdpa->nl, take_name, saving, NULL, &err) < 0)
		saving->worst = error_refused(vdpa, NULL, &err);
	save_devices(saving, &saving->devices, true);
	for (int i = 0; i < saving->devices.count; i++)
		free(saving->devices.words[i]);
	free(saving->devices.words);
}

/* The document as text, to be freed; NULL where something is missing, and it was said. */
static char *document(struct vdpa *vdpa, const struct names *devices)
{
	struct saving saving = { .vdpa = vdpa };
	struct output before = vdpa->out;
	size_t size;
	char *text;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		error_no_memory();
	out_open(&vdpa->out, file, true, true);
	out_begin(&vdpa->out, "dev");
	if (devices->count)
		save_devices(&saving, devices, false);
	else
		save_all(&saving);
	out_end(&vdpa->out, true);
	vdpa->out = before;
	if (fclose(file) != 0)
		error_no_memory();
	if (saving.worst == STATUS_DONE)
		return text;
	free(text);
	return NULL;
}

static int write_text(FILE *file, const void *text)
{
	return fputs(text, file) < 0 || fflush(file) != 0 ? -1 : 0;
}

/* All of it, or nothing: devices that are missing would be pruned. */
enum status save_file(struct vdpa *vdpa, const void *values)
{
	const struct save_file_values *save = values;
	const char *path = save->file ? save->file : "-";
	enum status status = STATUS_DONE;
	char *text;

	if (options.batch && strcmp(path, "-") == 0)
		return error_usage(vdpa, "in a batch, a file has to be named");
	text = document(vdpa, &save->devices);
	if (!text)
		return STATUS_REFUSED;
	errno = 0;
	if (dev_state_write_file(path, write_text, text) < 0)
		status = dev_state_write_failed(vdpa, path);
	free(text);
	return status;
}
