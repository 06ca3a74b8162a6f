// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's word on whether a device can be migrated here.
 */
#include <linux/err.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "mgmtdev.h"
#include "migration/describe.h"
#include "migration/description.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "request.h"

static int check(struct vdpa_job *job)
{
	struct vdpa_entry *entry = job->entry;
	struct vdpa_list *source;
	int err;

	source = vdpa_nl_read_list(job->info.attrs[VDPA_ATTR_MIGRATION], &job->extack);
	if (IS_ERR(source))
		return PTR_ERR(source);
	err = vdpa_judge(source, entry, entry ? entry->parent : job->parent, &VDPA_ASKER_JOB(job),
			 &job->extack);
	vdpa_list_free(source);
	if (err == -EMEDIUMTYPE)
		NL_SET_BAD_ATTR(&job->extack, job->info.attrs[VDPA_ATTR_MIGRATION]);
	return err;
}

int vdpa_nl_migration_check_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_job *job;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_MIGRATION)) {
		NL_SET_ERR_MSG(info->extack, "the source's description is missing");
		return -EINVAL;
	}
	job = vdpa_job_new(skb, info);
	if (IS_ERR(job))
		return PTR_ERR(job);
	job->entry = vdpa_nl_entry(info);
	job->parent = vdpa_nl_parent(info);
	if (job->entry)
		vdpa_entry_get(job->entry);
	if (job->parent)
		vdpa_parent_get(job->parent);
	vdpa_job_queue(job, check);
	return vdpa_job_wait(job);
}
