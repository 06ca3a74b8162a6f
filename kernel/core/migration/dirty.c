// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty page tracking: see dirty.h.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "message.h"
#include "migration/dirty.h"
#include "request.h"

/* Return: whether the device's parent can track dirty pages. */
bool vdpa_dirty_knows(const struct vdpa_entry *entry)
{
	return entry->mgmtdev && entry->mgmtdev->migration.dirty_start;
}

/* As vdpa_dirty_knows(). Return: 0 or -EOPNOTSUPP, with @extack set. */
int vdpa_dirty_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	if (vdpa_dirty_knows(entry))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
			   ": its parent does not note which pages it writes",
			   vdpa_entry_name(entry));
	return -EOPNOTSUPP;
}

/* Return: a structure with @n ranges, to be freed with kfree(), or NULL. */
struct vdpa_dirty *vdpa_dirty_new(unsigned int n)
{
	struct vdpa_dirty *dirty = kzalloc(struct_size(dirty, ranges, n), GFP_KERNEL_ACCOUNT);

	if (dirty)
		dirty->n = n;
	return dirty;
}

static struct vdpa_iova_range iova_range(struct vdpa_entry *entry)
{
	if (entry->ops.get_iova_range)
		return entry->ops.get_iova_range(entry->vdev);
	return (struct vdpa_iova_range){ .last = U64_MAX };
}

/* Check the page size, or choose the parent's smallest one. Return: 0 or -EINVAL. */
static int choose_page_size(struct vdpa_request *req, const struct vdpa_dirty *wish, u64 *size)
{
	u64 sizes = req->entry->mgmtdev->migration.dirty_page_sizes;

	*size = wish->page_size ?: sizes & -sizes;
	if (is_power_of_2(*size) && sizes & *size)
		return 0;
	req->fault = VDPA_ATTR_DIRTY_PAGE_SIZE;
	NL_SET_ERR_MSG_FMT(&req->extack,
			   "a page size of %llu is not among those that its parent takes: 0x%llx",
			   *size, sizes);
	return -EINVAL;
}

/* Check that the range consists of whole pages. Return: 0 or -EINVAL. */
static int check_pages(struct vdpa_request *req, const struct vdpa_dirty_range *range,
		       u64 page_size)
{
	if (range->first <= range->last && IS_ALIGNED(range->first, page_size) &&
	    IS_ALIGNED(range->last + 1, page_size))
		return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are not whole pages of %llu bytes",
			   range->first, range->last, page_size);
	return -EINVAL;
}

/* Check that the device can access the range. Return: 0 or -ERANGE. */
static int check_reach(struct vdpa_request *req, const struct vdpa_dirty_range *range,
		       const struct vdpa_iova_range *reach)
{
	unsigned int nas = req->entry->vdev->nas;

	if (range->asid >= nas) {
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has the address spaces 0 to %u, not %u",
				   vdpa_entry_name(req->entry), nas - 1, range->asid);
		return -ERANGE;
	}
	if (range->first >= reach->first && range->last <= reach->last)
		return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are beyond the device's addresses",
			   range->first, range->last);
	return -ERANGE;
}

/* Check that range @i overlaps no earlier one. Return: 0 or -EINVAL. */
static int check_overlap(struct vdpa_request *req, const struct vdpa_dirty *wish, unsigned int i)
{
	const struct vdpa_dirty_range *range = &wish->ranges[i], *other = range;

	while (other-- != wish->ranges) {
		if (other->asid != range->asid || other->last < range->first ||
		    other->first > range->last)
			continue;
		NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx overlap with an earlier range",
				   range->first, range->last);
		return -EINVAL;
	}
	return 0;
}

static int check_ranges(struct vdpa_request *req, const struct vdpa_dirty *wish, u64 page_size)
{
	struct vdpa_iova_range reach = iova_range(req->entry);
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < wish->n; i++) {
		req->fault = VDPA_ATTR_DIRTY_RANGE;
		req->fault_index = i;
		err = check_pages(req, &wish->ranges[i], page_size) ?:
		      check_reach(req, &wish->ranges[i], &reach) ?:
		      check_overlap(req, wish, i);
	}
	return err;
}

/* Return: ranges with all whole pages that the device can write, or an ERR_PTR. */
static struct vdpa_dirty *everything(struct vdpa_request *req, u64 page_size)
{
	struct vdpa_iova_range reach = iova_range(req->entry);
	unsigned int asid, nas = req->entry->vdev->nas;
	struct vdpa_dirty *dirty;

	if (nas > VDPA_DIRTY_RANGES_MAX) {
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has %u address spaces: say which ranges",
				   vdpa_entry_name(req->entry), nas);
		return ERR_PTR(-E2BIG);
	}
	dirty = vdpa_dirty_new(nas);
	if (!dirty)
		return ERR_PTR(-ENOMEM);
	for (asid = 0; asid < nas; asid++)
		dirty->ranges[asid] = (struct vdpa_dirty_range){
			.asid = asid,
			.first = ALIGN(reach.first, page_size),
			.last = ALIGN_DOWN(reach.last + 1, page_size) - 1,
		};
	return dirty;
}

/* Check a request and fill in its defaults. Return: the ranges to track, or an ERR_PTR. */
static struct vdpa_dirty *complete_wish(struct vdpa_request *req, const struct vdpa_dirty *wish)
{
	struct vdpa_dirty *dirty;
	u64 page_size;
	int err;

	err = choose_page_size(req, wish, &page_size) ?: check_ranges(req, wish, page_size);
	if (err)
		return ERR_PTR(err);
	if (wish->n)
		dirty = kmemdup(wish, struct_size(wish, ranges, wish->n), GFP_KERNEL_ACCOUNT);
	else
		dirty = everything(req, page_size);
	if (!dirty)
		return ERR_PTR(-ENOMEM);
	if (!IS_ERR(dirty))
		dirty->page_size = page_size;
	return dirty;
}

/* Set the error message, unless the parent has set one. */
static void parent_failed(struct vdpa_request *req, const char *what, int err)
{
	req->fault = VDPA_ATTR_DEV_NAME;
	if (!req->extack._msg)
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot %s: %pe", vdpa_entry_name(req->entry),
				   what, ERR_PTR(err));
}

/**
 * vdpa_dirty_start - start to track the pages that a device writes
 * @req: the request, about a device for which vdpa_dirty_can() returned 0
 * @wish: the requested ranges and page size
 *
 * Context: in the device's line; may sleep for as long as the parent takes.
 * Return: 0; -EALREADY if tracking is on; -EINVAL, -ERANGE or -E2BIG if the ranges cannot be
 * tracked; -ENOMEM; or the parent's error.
 */
int vdpa_dirty_start(struct vdpa_request *req, const struct vdpa_dirty *wish)
{
	struct vdpa_entry *entry = req->entry;
	struct vdpa_dirty *dirty;
	int err;

	if (entry->dirty) {
		req->fault = VDPA_ATTR_DEV_NAME;
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   ": the pages it writes are noted already",
				   vdpa_entry_name(entry));
		return -EALREADY;
	}
	dirty = complete_wish(req, wish);
	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	err = entry->mgmtdev->migration.dirty_start(entry->vdev, dirty->ranges, dirty->n,
						    dirty->page_size, &req->extack);
	if (err) {
		parent_failed(req, "note the pages it writes", err);
		kfree(dirty);
		return err;
	}
	entry->dirty = dirty;
	return 0;
}

/**
 * vdpa_dirty_tracked - get the tracked ranges of a device
 * @req: the request
 *
 * Context: in the device's line.
 * Return: the ranges; ERR_PTR(-ENOENT), with the extack set, if tracking is off.
 */
const struct vdpa_dirty *vdpa_dirty_tracked(struct vdpa_request *req)
{
	if (req->entry->dirty)
		return req->entry->dirty;
	req->fault = VDPA_ATTR_DEV_NAME;
	NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
			   ": the pages it writes are not noted", vdpa_entry_name(req->entry));
	return ERR_PTR(-ENOENT);
}

/**
 * vdpa_dirty_check_range - check that a range can be read
 * @req: the request, about a device with tracking on
 * @range: the range
 *
 * Context: in the device's line.
 * Return: 0; -EINVAL if it does not consist of whole pages; -ERANGE if it is not within a tracked
 * range.
 */
int vdpa_dirty_check_range(struct vdpa_request *req, const struct vdpa_dirty_range *range)
{
	const struct vdpa_dirty *dirty = req->entry->dirty;
	const struct vdpa_dirty_range *r;
	int err;

	req->fault = VDPA_ATTR_DIRTY_FIRST;
	err = check_pages(req, range, dirty->page_size);
	if (err)
		return err;
	for (r = dirty->ranges; r < dirty->ranges + dirty->n; r++)
		if (r->asid == range->asid && r->first <= range->first && r->last >= range->last)
			return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are not within a range that is tracked",
			   range->first, range->last);
	return -ERANGE;
}

/**
 * vdpa_dirty_read - read the dirty pages of a range
 * @req: the request
 * @range: the range, for which vdpa_dirty_check_range() returned 0
 * @clear: clear the pages that @to has accepted
 * @to: receives the pages
 *
 * Context: in the device's line; may sleep for as long as the parent takes.
 * Return: 0, or the error of @to or the parent.
 */
int vdpa_dirty_read(struct vdpa_request *req, const struct vdpa_dirty_range *range, bool clear,
		    struct vdpa_dirty_sink *to)
{
	struct vdpa_entry *entry = req->entry;
	int err = entry->mgmtdev->migration.dirty_read(entry->vdev, range, clear, to);

	if (err == -EOVERFLOW)
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has lost track of what it wrote: stop, begin anew",
				   vdpa_entry_name(entry));
	if (err)
		parent_failed(req, "tell the pages it wrote", err);
	return err;
}

/**
 * vdpa_dirty_stop - stop tracking
 * @req: the request
 *
 * Context: in the device's line; may sleep for as long as the parent takes.
 * Return: 0; -ENOENT if tracking is off; or the parent's error: then tracking continues.
 */
int vdpa_dirty_stop(struct vdpa_request *req)
{
	const struct vdpa_dirty *dirty = vdpa_dirty_tracked(req);
	struct vdpa_entry *entry = req->entry;
	int err;

	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	err = entry->mgmtdev->migration.dirty_stop(entry->vdev);
	if (err) {
		parent_failed(req, "end that", err);
		return err;
	}
	vdpa_dirty_exit(entry);
	return 0;
}

/* Free the ranges after the stop, or with the device. */
void vdpa_dirty_exit(struct vdpa_entry *entry)
{
	kfree(entry->dirty);
	entry->dirty = NULL;
}
