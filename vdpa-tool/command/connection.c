// SPDX-License-Identifier: GPL-2.0-or-later
/* What commands do with the socket. */
#include <errno.h>

#include "command/command.h"

enum status command_connect(struct vdpa *vdpa)
{
	const struct command *command = vdpa->command;
	struct nl_error err = { 0 };

	if (!vdpa->nl.socket && nl_open(&vdpa->nl, &err) < 0)
		return error_refused(vdpa, NULL, &err);
	if (nl_knows(&vdpa->nl, command->needs))
		return STATUS_DONE;
	nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core has no %s command (needs %s)",
		vdpa->path, command->needs_text);
	return error_refused(vdpa, NULL, &err);
}

enum status command_end(struct vdpa *vdpa, bool failed, bool interrupted, const char *subject, const struct nl_error *err)
{
	bool begun = vdpa->out.entries;

	out_end(&vdpa->out, !failed);
	if (failed) {
		error_refused(vdpa, subject, err);
		if (begun && !options.json)
			error_note(vdpa, "what is shown is not complete", NULL, NULL);
		return STATUS_REFUSED;
	}
	if (interrupted)
		error_devices_changed(vdpa);
	return STATUS_DONE;
}

enum status command_show(struct vdpa *vdpa, const char *section, const char *subject,
			 nl_cb print, void *data)
{
	struct nl_error err = { 0 };
	bool interrupted = false;
	int failed;

	out_begin(&vdpa->out, section);
	failed = nl_exchange(&vdpa->nl, print, data, &interrupted, &err);
	return command_end(vdpa, failed, interrupted, subject, &err);
}
