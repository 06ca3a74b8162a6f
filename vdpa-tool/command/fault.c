// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"

/* Plain sentences for what the kernel says with a bare number. */
static const struct {
	int errnum;
	const char *text;
} sentences[] = {
	{ EPERM,	"not permitted: this needs CAP_NET_ADMIN" },
	{ EACCES,	"not permitted: this needs CAP_NET_ADMIN" },
	{ ENODEV,	"no such device" },
	{ ENOENT,	"no such device" },
	{ EEXIST,	"a device of that name exists already" },
	{ EBUSY,	"the device is in use" },
	{ EINVAL,	"the kernel does not accept these values" },
	{ ERANGE,	"a value is out of range" },
	{ EOPNOTSUPP,	"not supported by this device or management device" },
	{ EAGAIN,	"not available at the moment" },
	{ ENOSPC,	"the management device has no room for another device" },
	{ ENOMEM,	"the kernel is out of memory" },
	{ ENOBUFS,	"the reply was lost, its buffer was full: try again" },
	{ EMSGSIZE,	"the reply does not fit into a message" },
	{ EBADMSG,	"the reply is malformed" },
};

const char *error_reason(const struct nl_error *err)
{
	if (*err->message)
		return err->message;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (sentences[i].errnum == err->errnum)
			return sentences[i].text;
	return strerror(err->errnum);
}

/* One more fault, which takes @message over. */
static struct fault *add(struct vdpa *vdpa, int errnum, char *message)
{
	struct faults *faults = &vdpa->faults;
	struct fault *fault;

	faults->list = reallocarray(faults->list, faults->count + 1, sizeof(*faults->list));
	if (!faults->list || !message)
		error_no_memory();
	fault = &faults->list[faults->count++];
	*fault = (struct fault) {
		.errnum = errnum, .message = message, .command = copy_text(*vdpa->path ? vdpa->path : NULL),
		.dev = copy_text(vdpa->dev), .mgmtdev = copy_text(vdpa->mgmtdev),
	};
	return fault;
}

static char *format_message(const char *format, va_list args)
{
	char *message;

	return vasprintf(&message, format, args) < 0 ? NULL : message;
}

enum status error_usage(struct vdpa *vdpa, const char *format, ...)
{
	struct fault *fault;
	va_list args;

	va_start(args, format);
	fault = add(vdpa, EINVAL, format_message(format, args));
	va_end(args);
	fault->usage = true;
	fault->subject = copy_text(fault->command);
	return STATUS_USAGE;
}

enum status error_refused(struct vdpa *vdpa, const char *subject, const struct nl_error *err)
{
	struct fault *fault = add(vdpa, err->errnum, copy_text(error_reason(err)));

	fault->subject = copy_text(subject);
	if (*err->attribute)
		fault->attribute = copy_text(err->attribute);
	if (!fault->dev && !fault->mgmtdev)
		fault->dev = copy_text(subject);
	return STATUS_REFUSED;
}

/*
 * What is not there can only be the management device, where one is named. The distribution's core does not say its name;
 * ours says why there is none.
 */
enum status error_change(struct vdpa *vdpa, const struct nl_error *err)
{
	struct nl_error absent;

	bool explained = *err->message && nl_knows(&vdpa->nl, VDPA_CMD_DEV_SUSPEND);

	if (err->errnum != ENODEV || explained || !vdpa->mgmtdev)
		return error_refused(vdpa, vdpa->dev, err);
	absent = *err;
	snprintf(absent.message, sizeof(absent.message), "no management device named %s", vdpa->mgmtdev);
	return error_refused(vdpa, vdpa->dev, &absent);
}

enum status error_local(struct vdpa *vdpa, int errnum, const char *format, ...)
{
	char *what, *message;
	va_list args;

	va_start(args, format);
	what = format_message(format, args);
	va_end(args);
	if (!what || asprintf(&message, "%s: %s", what, strerror(errnum)) < 0)
		error_no_memory();
	add(vdpa, errnum, message);
	free(what);
	return STATUS_USAGE;
}

enum status error_file(struct vdpa *vdpa, const char *file, const struct nl_error *err)
{
	struct fault *fault = add(vdpa, err->errnum, copy_text(*err->message ? err->message : strerror(err->errnum)));

	fault->subject = copy_text(file);
	fault->path = copy_text(file);
	return STATUS_USAGE;
}

static void place(struct fault *fault, const char *place)
{
	const char *about = fault->dev ? fault->dev : fault->mgmtdev;

	free(fault->subject);
	free(fault->path);
	fault->usage = false;
	fault->path = copy_text(place);
	if (!about)
		fault->subject = copy_text(place);
	else if (asprintf(&fault->subject, "%s: %s", place, about) < 0)
		error_no_memory();
}

void error_place(struct vdpa *vdpa, size_t since, const char *text)
{
	for (size_t i = since; i < vdpa->faults.count; i++)
		place(&vdpa->faults.list[i], text);
}

void faults_tell(struct vdpa *vdpa)
{
	if (vdpa->tell)
		vdpa->tell(vdpa);
}

void error_note(struct vdpa *vdpa, const char *message, const char *key, const char *about)
{
	struct fault *fault = add(vdpa, 0, copy_text(message));

	fault->warning = true;
	fault->key = key;
	fault->about = copy_text(about);
}

void error_devices_changed(struct vdpa *vdpa)
{
	error_note(vdpa, "the devices changed while they were listed: those added or removed "
		   "meanwhile may be missing or shown", NULL, NULL);
}

void faults_free(struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		free(fault->message);
		free(fault->attribute);
		free(fault->subject);
		free(fault->dev);
		free(fault->mgmtdev);
		free(fault->path);
		free(fault->command);
		free(fault->about);
	}
	free(faults->list);
	*faults = (struct faults) { 0 };
}
