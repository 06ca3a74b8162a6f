// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a device has written: at the start the first 65536 of the first range, and no others
 * ever. For one device at a time. In the directory of the management device:
 *
 *   dirty_start_errno, dirty_read_errno, dirty_stop_errno	it fails with that
 *   dirty_read_words	a read that fails tells so many words before dirty_rogue	a read
 *   breaks a rule: 1 a word in the wrong place, 2 a page that was not asked
 *			for, 3 words in the wrong order, 4 a word without pages
 *   stuck_dirty	whatever is called does not return
 */

#include <linux/bitops.h>
#include <linux/debugfs.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/vdpa_migration.h>

#include "dirty.h"

#define VTP_WORDS	1024
#define VTP_WORD_PAGES	64
#define VTP_POLL	msecs_to_jiffies(10)

enum { ROGUE_PLACE = 1, ROGUE_RANGE, ROGUE_ORDER, ROGUE_EMPTY };

static char *half;
module_param(half, charp, 0444);
MODULE_PARM_DESC(half, "what of noting pages the dirty parent lacks: start, read, stop or sizes; or it has odd sizes, or lacks the core's version");

static u32 vtp_start_errno, vtp_read_errno, vtp_stop_errno, vtp_read_words, vtp_rogue;
static bool vtp_stuck;
static atomic_t *vtp_waiting;

/* What is noted. The core calls one at a time. */
static u64 vtp_words[VTP_WORDS];
static u64 vtp_first;
static unsigned int vtp_shift;

static int vtp_do(const u32 *err)
{
	atomic_inc(vtp_waiting);
	while (READ_ONCE(vtp_stuck))
		schedule_timeout_idle(VTP_POLL);
	atomic_dec(vtp_waiting);
	return -(int)READ_ONCE(*err);
}

static int vtp_dirty_start(struct vdpa_device *vdpa, const struct vdpa_dirty_range *ranges,
			   unsigned int n, u64 page_size, struct netlink_ext_ack *extack)
{
	int err = vtp_do(&vtp_start_errno);

	if (err == -EBUSY)
		NL_SET_ERR_MSG_MOD(extack, "its log is in use");
	if (err)
		return err;
	vtp_shift = ilog2(page_size);
	vtp_first = ALIGN_DOWN(ranges[0].first, VTP_WORD_PAGES * page_size);
	memset(vtp_words, 0xff, sizeof(vtp_words));
	return 0;
}

static int vtp_break_rule(u64 iova, u64 pages, const struct vdpa_dirty_range *range,
			  struct vdpa_dirty_sink *to)
{
	u64 page = 1ULL << vtp_shift, bytes = VTP_WORD_PAGES * page;

	switch (READ_ONCE(vtp_rogue)) {
	case ROGUE_PLACE:
		return to->put(to, iova + page, pages);
	case ROGUE_RANGE:
		return to->put(to, range->last + 1, pages);
	case ROGUE_ORDER:
		return to->put(to, iova + bytes, pages) ?: to->put(to, iova, pages);
	case ROGUE_EMPTY:
		return to->put(to, iova, 0);
	default:
		return 0;
	}
}

static int vtp_dirty_read(struct vdpa_device *vdpa, const struct vdpa_dirty_range *range,
			  bool clear, struct vdpa_dirty_sink *to)
{
	u64 bytes = (u64)VTP_WORD_PAGES << vtp_shift, iova = vtp_first, pages;
	int err = vtp_do(&vtp_read_errno), refused;
	u32 left = err ? vtp_read_words : U32_MAX, i;

	for (i = 0; i < VTP_WORDS && left; i++, iova += bytes) {
		if (iova > range->last || iova + (bytes - 1) < range->first)
			continue;
		pages = vtp_words[i] & vdpa_dirty_mask(iova, range, vtp_shift);
		if (!pages)
			continue;
		refused = vtp_break_rule(iova, pages, range, to) ?: to->put(to, iova, pages);
		if (refused)
			return refused;
		if (clear)
			vtp_words[i] &= ~pages;
		left--;
	}
	return err;
}

static int vtp_dirty_stop(struct vdpa_device *vdpa)
{
	return vtp_do(&vtp_stop_errno);
}

static bool lacks(const char *what)
{
	return half && !strcmp(half, what);
}

/* As a parent does that was built with a version which this core does not know. */
static int vtp_register_later(struct vdpa_mgmt_dev *mgmt, const struct vdpa_migration_ops *ops)
{
	int (*reg)(unsigned int version, struct vdpa_mgmt_dev *mdev,
		   const struct vdpa_migration_ops *ops);
	int err;

	reg = symbol_get(__vdpa_mgmtdev_register_migration);
	if (!reg)
		return -EOPNOTSUPP;
	err = reg(VDPA_MIGRATION_VERSION + 1, mgmt, ops);
	symbol_put(__vdpa_mgmtdev_register_migration);
	return err;
}

int vtp_register_dirty(struct vdpa_mgmt_dev *mgmt)
{
	const struct vdpa_migration_ops ops = {
		.size = sizeof(ops),
		.dirty_page_sizes = lacks("sizes") ? 0 : lacks("odd") ? SZ_2K : SZ_4K | SZ_64K,
		.dirty_start = lacks("start") ? NULL : vtp_dirty_start,
		.dirty_read = lacks("read") ? NULL : vtp_dirty_read,
		.dirty_stop = lacks("stop") ? NULL : vtp_dirty_stop,
	};

	return lacks("version") ? vtp_register_later(mgmt, &ops) :
				  vdpa_mgmtdev_register_migration(mgmt, &ops);
}

void vtp_add_dirty(struct dentry *dir, atomic_t *waiting)
{
	vtp_waiting = waiting;
	debugfs_create_u32("dirty_start_errno", 0600, dir, &vtp_start_errno);
	debugfs_create_u32("dirty_read_errno", 0600, dir, &vtp_read_errno);
	debugfs_create_u32("dirty_stop_errno", 0600, dir, &vtp_stop_errno);
	debugfs_create_u32("dirty_read_words", 0600, dir, &vtp_read_words);
	debugfs_create_u32("dirty_rogue", 0600, dir, &vtp_rogue);
	debugfs_create_bool("stuck_dirty", 0600, dir, &vtp_stuck);
}
