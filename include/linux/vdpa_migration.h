/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface for parent drivers that support migration, beyond struct vdpa_config_ops.
 *
 * The core describes every device and every management device by a list of attributes. Each
 * attribute has a rule by which it must match at the target of a migration (see
 * <uapi/linux/vdpa.h>). The core adds the common attributes for every parent, even without this
 * file. A parent that supports more fills in a struct vdpa_migration_ops, whose members are
 * optional, and registers its management device with
 *
 *	err = vdpa_mgmtdev_register_migration(&mdev, &migration_ops);
 *
 * instead of vdpa_mgmtdev_register(). vdpa_mgmtdev_unregister() unregisters it, as usual. The same
 * module also loads on a core without migration: the call then does what vdpa_mgmtdev_register()
 * does. The module does not link to the symbol, which is looked up at the call. It needs no
 * reference to the core either: the core cannot be unloaded while a module uses it.
 *
 * The author of a parent driver has to decide about:
 *
 * Versions. A parent without a version is compatible only with the same build of
 * itself. A parent declares a version with vdpa_migration_add_version() in both
 * describe operations. It then promises to load the state of any version with the
 * same major and no larger minor number, and of the versions in its ranges.
 *
 * Attributes. The parent describes what must match at the target and is not in the common part. The
 * name of such an attribute is "driver.attribute", where driver is the module's name or the name
 * that users know. A management device's list describes the devices that it would create now.
 * Without such a list it cannot be a target for an existing device: the core knows only the fields
 * of struct vdpa_mgmt_dev (features, number of virtqueues, accepted attributes). So the parent adds
 * the common attributes that its devices will have: vq_size, iova_range, vq_layout, capabilities,
 * and those of the class. An attribute of the common part that the parent adds replaces the core's.
 *
 * Private state. This is the state of a device beyond its virtqueues' positions and beyond what the
 * driver sets up again at the target, for example a receive filter set through the control queue.
 * It is a stream of bytes in the parent's own format, written and read in order. It passes through
 * user space and the network, so the parent must treat it as untrusted input.
 *
 * Pre-copy. A device with much private state is suspended while all of it is copied. A parent can
 * support copying it in rounds while the device runs. Each round has state that no earlier round
 * had, and state that has changed since. Then the device is suspended, and little is left to copy.
 * At the target the rounds are staged beside the device, which does not change before the rest is
 * loaded. A bus driver's reset does not discard staged rounds. A parent must have all operations of
 * the source's side and save, or none of them; the same applies to the target's side and load.
 *
 * Dirty page tracking. A program that moves a guest's memory while the device runs needs to know
 * which pages the device has written meanwhile. A parent must have all three operations for this
 * and dirty_page_sizes, or none of them. Addresses are IOVAs.
 *
 *  - Tracking is requested by the program that moves the memory, not by the device's driver. It
 *    begins with dirty_start. It ends with dirty_stop, or without a call when the device is
 *    deleted. A suspend does not end it: the remaining pages are read afterwards. A reset does not
 *    end it either: pages written before still have to be copied.
 *  - No page may be lost. The parent marks a page after its last byte was written, so that a reader
 *    copies the new data. After dirty_start has returned, all writes are marked. After a suspend
 *    has returned, the device writes nothing. A page that was not written may be marked.
 *  - dirty_read atomically clears the bits of each word that the sink has accepted: a concurrent
 *    write stays marked. Bits that the sink refuses stay marked too.
 *  - The parent limits the memory for this. If it runs out, dirty_read fails with -EOVERFLOW until
 *    dirty_stop. The reader then has to start again.
 *
 * Chains in flight. A suspend need not wait for slow requests. A parent with vq_inflight_get and
 * vq_inflight_set may stop before it has completed what it took from a virtqueue. It reports those
 * chains. After a resume the same device takes them up again from the ring; after a migration the
 * target does.
 *
 *  - A chain that is given up has no used entry. Its request may have had an effect only if
 *    repeating it has the same effect. Other requests are finished before the suspend ends.
 *  - One number identifies a chain. Split rings: the index of its first descriptor, as in the
 *    available ring. Packed rings: the position of its first descriptor in the ring; the ring also
 *    has its buffer ID and length. So its descriptors must still be intact. A device that completes
 *    chains out of order overwrites the descriptors of older ones with used entries. It finishes
 *    those older ones before the suspend ends. All reported chains lie between the used and the
 *    available position.
 *  - The available position counts them as taken. Split rings: the used index is the available
 *    index minus their number. Packed rings: the used position is part of the state.
 *  - A virtqueue has at most VDPA_VQ_INFLIGHT_MAX of them. A suspend finishes the others.
 *  - They are lost if only positions are copied to another device, for example by a virtual machine
 *    monitor that does not support them. So by default a parent completes all requests in a
 *    suspend. It stops early only if its administrator has enabled that.
 *
 * The core describes such a device by the attribute "inflight", 1, at-least: its target must be
 * able to take up its chains in flight. A parent whose device will have none in flight adds the
 * attribute itself, with the rule "info".
 *
 * Context of all operations unless they say otherwise: a worker, with no lock held.
 * They may sleep as long as they need. Only the caller waits for them. Different
 * operations may be called at the same time, also on the same device. @save, @load,
 * @estimate and all operations of pre-copy are called one at a time for each device. A
 * device is not unregistered before the operation returns. So an operation that waits for
 * hardware needs a timeout.
 */
#ifndef _LINUX_VDPA_MIGRATION_H
#define _LINUX_VDPA_MIGRATION_H

#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/types.h>
#include <linux/vdpa.h>

struct netlink_ext_ack;

/* Words of 64 bits beyond the first one, in a bitmask or a set of features. */
#define VDPA_HIGH_WORDS		7

/**
 * struct vdpa_migration_attribute - one attribute of a description
 * @name: 1 to 63 bytes of letters, digits, '_', '-' and '.'
 * @type: "u64", "bitmask", "string", "set", "range" or "version"
 * @rule: "equal", "superset", "at-least", "at-most", "contains", "version" or "info"
 * @provision: it is set when a device is created. In the list of a management device: it can be set
 *	there, to any number in a "range", to any value if @has_value is false.
 * @has_value: the following fields are set
 * @n_high: "bitmask", words in @high, up to VDPA_HIGH_WORDS; 0: no bit beyond 63
 * @num: "u64", "bitmask": its bits 0 to 63
 * @high: "bitmask", word i is bits 64 + 64i to 127 + 64i
 * @first: "range", smallest
 * @last: "range", largest
 * @string: "string", "version"
 * @accepts: "version", the accepted ranges, or NULL
 * @members: "set", in any order
 * @n_members: "set", number of members; 0: an empty set
 */
struct vdpa_migration_attribute {
	const char *name;
	const char *type;
	const char *rule;
	bool provision;
	bool has_value;
	u16 n_high;
	union {
		struct {
			u64 num;
			const u64 *high;
		};
		struct {
			u64 first;
			u64 last;
		};
		struct {
			const char *string;
			const char *accepts;
		};
		struct {
			const char *const *members;
			unsigned int n_members;
		};
	};
};

/**
 * struct vdpa_migration_list - a description to add attributes to
 * @add: add an attribute; strings are copied. Return: 0; -EINVAL if it is invalid or its name is in
 *	the list already; -E2BIG if the list is full; -ENOMEM.
 *
 * A parent can return an error of @add.
 */
struct vdpa_migration_list {
	int (*add)(struct vdpa_migration_list *list, const struct vdpa_migration_attribute *attr);
};

/**
 * struct vdpa_migration_source - the description of a source device
 * @class: virtio device ID
 * @n: number of attributes
 * @attrs: well-formed, but not trusted: types and rules may be unknown; in any order
 */
struct vdpa_migration_source {
	u32 class;
	unsigned int n;
	const struct vdpa_migration_attribute *attrs;
};

/**
 * struct vdpa_migration_writer - destination of private state
 * @write: append @len bytes. Return: 0; -EFBIG if it is more than
 *	VDPA_STATE_PRIVATE_MAX in all, in one round of a pre-copy or in its rest; -ENOMEM;
 *	-ECANCELED if the caller is gone.
 */
struct vdpa_migration_writer {
	int (*write)(struct vdpa_migration_writer *to, const void *buf, size_t len);
};

/**
 * struct vdpa_migration_reader - source of private state
 * @left: bytes left
 * @read: read the next @len bytes. Return: 0; -ENODATA if there are fewer: then none is read.
 */
struct vdpa_migration_reader {
	u64 left;
	int (*read)(struct vdpa_migration_reader *from, void *buf, size_t len);
};

/**
 * struct vdpa_dirty_range - a range of addresses
 * @asid: the address space
 * @first: the first address
 * @last: the last address
 *
 * It consists of whole pages of the tracked size.
 */
struct vdpa_dirty_range {
	u32 asid;
	u64 first;
	u64 last;
};

/**
 * struct vdpa_dirty_sink - receives dirty pages
 * @put: add a word of the bitmap: bit n is the page n pages after @iova, which is a multiple of 64
 *	pages. @pages has no bit outside the range to read, and is not 0: clean words are skipped.
 *	Words must be in ascending order. Must not sleep. Return: 0; -ENOSPC if there is no room,
 *	-ECANCELED if the client has gone: the word is not accepted, and the parent returns this
 *	error; -EINVAL if these rules are violated.
 */
struct vdpa_dirty_sink {
	int (*put)(struct vdpa_dirty_sink *to, u64 iova, u64 pages);
};

/**
 * vdpa_dirty_mask - get the bits of a word whose pages are in a range
 * @iova: address of bit 0 of the word
 * @range: the range; at least one page of the word is in it
 * @shift: log2 of the page size
 *
 * Return: the bits.
 */
static inline u64 vdpa_dirty_mask(u64 iova, const struct vdpa_dirty_range *range,
				  unsigned int shift)
{
	u64 last = (range->last - iova) >> shift;
	u64 mask = ~0ULL;

	if (range->first > iova)
		mask <<= (range->first - iova) >> shift;
	if (last < 63)
		mask &= ~0ULL >> (63 - last);
	return mask;
}

/**
 * struct vdpa_migration_ops - migration operations of a parent; all but @size are optional
 * @size: sizeof(struct vdpa_migration_ops), so that it can grow
 * @describe: add a device's own attributes. Also called while the device runs.
 *	Return: 0 or an error: the device then has no description.
 * @describe_mgmtdev: add a management device's own attributes, for the class of devices
 *	with that virtio device ID. Return: as @describe.
 * @check: check whether a device with the description @source can be migrated to @vdev, or to a
 *	device that @mdev would create (@vdev is NULL). Called after all rules have matched. Must
 *	not change anything. Return: 0; an error if not, with the reason in @extack.
 * @save: write a device's private state. The device is suspended. If it is resumed or
 *	reset meanwhile, the core discards what was written. Return: 0 or an error.
 * @load: load private state. The device is suspended, or a driver has negotiated the features that
 *	the source had, but has not set DRIVER_OK. It may do so at any moment; then this returns
 *	-EBUSY. @source has been checked, the virtqueues' positions are set. Read the whole state,
 *	down to the last byte, before using any of it: return an error with nothing changed, or 0. A
 *	reset discards the loaded state. Called with an empty stream if the source has no private
 *	state.
 * @suspend: suspend a device by @deadline (CLOCK_MONOTONIC; KTIME_MAX: no deadline), as
 *	vdpa_config_ops.suspend does, which must be there as well. If it
 *	cannot meet the deadline, the device runs on and this returns -ETIMEDOUT, by
 *	@deadline. With this operation the core does not refuse a deadline because of
 *	the time that earlier suspends took.
 * @suspend_estimate: how long a suspend of the device would take now, in ns. Must not sleep. A
 *	shorter deadline is refused without touching the device.
 * @resume_estimate: how long a resume would take, in ns. Must not sleep.
 * @unload: restore what a device had before the last @load, because another device that was loaded
 *	with it refused its state. The device was not reset, started or resumed since; if that
 *	happens just now, this returns -EBUSY. The old state can be freed when one of these happens,
 *	and at the next @load. Without this, a device that has @load is not loaded together with
 *	others. Return: 0, or an error: the device keeps the loaded state.
 * @features_high: get the feature bits beyond 63 that a device offers or, if @negotiated, that its
 *	driver has negotiated: word i of @high is bits 64 + 64i to 127 + 64i. @high has
 *	VDPA_HIGH_WORDS words, initially 0. Must not sleep. NULL: no such bits.
 * @supported_high: the same for the features that a management device supports. Must not sleep.
 * @estimate: set @bytes to the size of the private state that a save would write now, and @changed
 *	to the amount changed since the device was created. A byte counts each time it changes, so
 *	@changed never decreases, and two calls give the rate of change. Both are in bytes and may
 *	be rough. Return: 0 or an error.
 * @precopy_begin: start to track changes. Return: 0 or an error.
 * @precopy_read: write a round: any amount of the initial state that was in no round yet, and of
 *	state that has changed since it was in one. State that changes meanwhile goes into a later
 *	round or the rest. An error ends the pre-copy. Return: 0 or an error.
 * @precopy_info: set @initial to the amount of initial state that was in no round yet, @dirty to
 *	the amount changed since it was in one. In bytes, may be rough. Return: 0 or an error, which
 *	ends the pre-copy.
 * @precopy_save: write the rest: all state that is not in the rounds. The device is suspended, as
 *	for @save. The pre-copy ends after it. Return: 0 or an error.
 * @precopy_end: stop tracking changes, after success or failure. Called once for each begin that
 *	has succeeded; not for a device that is unregistered first.
 * @precopy_load: stage a round, which follows those staged before. The device does not change; it
 *	may have a driver, and may be reset. After an error the staged rounds are not used. @source
 *	has been checked. Return: 0 or an error.
 * @precopy_drop: discard the staged rounds. Also called after each @load that follows rounds: that
 *	@load loads the rest together with the staged rounds, all or nothing; afterwards they are no
 *	longer staged. Not called for a device that is unregistered first.
 * @dirty_page_sizes: the supported page sizes, ORed: each is a power of two from 4096 to 2^30. A
 *	parent must have all of this and the next three or none, or its management device is not
 *	registered.
 * @dirty_start: start to track the pages that the device writes in the @n @ranges. These do not
 *	overlap, and the core owns them. @page_size is one of @dirty_page_sizes. Return: 0; or an
 *	error, with the reason in @extack: then nothing is tracked.
 * @dirty_read: pass to @to the pages of @range that the device wrote since they were last cleared,
 *	and clear them if @clear. @range is within a tracked one. Return: 0 when all were passed; an
 *	error of @to; -EOVERFLOW if some writes were not tracked; another error.
 * @dirty_stop: stop tracking. Return: 0; or an error: then tracking continues. For each device the
 *	core calls these three one at a time, and only in this order.
 * @vq_inflight_get: set @heads to the chains of virtqueue @idx that the device has taken and not
 *	completed, in the order in which it took them: see "Chains in flight" above. @heads has room
 *	for @max of them. Called with the device's cf_lock held, also for a running device: then the
 *	result may be outdated. Return: their number, or an error.
 * @vq_inflight_set: set the chains that the device takes up when it starts or is resumed, in this
 *	order, each once, before newer ones. They replace those set or given up before. @n may be 0.
 *	The device is suspended, or a driver has not set DRIVER_OK yet; the virtqueue's position is
 *	set. The core has checked the chains: there are no more than descriptors in the ring, none
 *	is outside it, none comes twice. A reset discards them; setting a position does not. Called
 *	with the device's cf_lock held. Return: 0, or an error and nothing has changed. A parent has
 *	both of these operations or none; with one it is not registered.
 *
 * The core copies the structure.
 */
struct vdpa_migration_ops {
	size_t size;
	int (*describe)(struct vdpa_device *vdev, struct vdpa_migration_list *list);
	int (*describe_mgmtdev)(struct vdpa_mgmt_dev *mdev, u32 class,
				struct vdpa_migration_list *list);
	int (*check)(struct vdpa_mgmt_dev *mdev, struct vdpa_device *vdev,
		     const struct vdpa_migration_source *source, struct netlink_ext_ack *extack);
	int (*save)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	int (*load)(struct vdpa_device *vdev, const struct vdpa_migration_source *source,
		    struct vdpa_migration_reader *from);
	int (*suspend)(struct vdpa_device *vdev, ktime_t deadline);
	u64 (*suspend_estimate)(struct vdpa_device *vdev);
	u64 (*resume_estimate)(struct vdpa_device *vdev);
	int (*unload)(struct vdpa_device *vdev);
	void (*features_high)(struct vdpa_device *vdev, bool negotiated, u64 *high);
	void (*supported_high)(struct vdpa_mgmt_dev *mdev, u64 *high);
	int (*estimate)(struct vdpa_device *vdev, u64 *bytes, u64 *changed);
	int (*precopy_begin)(struct vdpa_device *vdev);
	int (*precopy_read)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	int (*precopy_info)(struct vdpa_device *vdev, u64 *initial, u64 *dirty);
	int (*precopy_save)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);
	void (*precopy_end)(struct vdpa_device *vdev);
	int (*precopy_load)(struct vdpa_device *vdev, const struct vdpa_migration_source *source,
			    struct vdpa_migration_reader *from);
	void (*precopy_drop)(struct vdpa_device *vdev);
	u64 dirty_page_sizes;
	int (*dirty_start)(struct vdpa_device *vdev, const struct vdpa_dirty_range *ranges,
			   unsigned int n, u64 page_size, struct netlink_ext_ack *extack);
	int (*dirty_read)(struct vdpa_device *vdev, const struct vdpa_dirty_range *range,
			  bool clear, struct vdpa_dirty_sink *to);
	int (*dirty_stop)(struct vdpa_device *vdev);
	int (*vq_inflight_get)(struct vdpa_device *vdev, u16 idx, u16 *heads, unsigned int max);
	int (*vq_inflight_set)(struct vdpa_device *vdev, u16 idx, const u16 *heads,
			       unsigned int n);
};

/*
 * The version of this interface. No CRC protects a symbol that is looked up by name, so the caller
 * passes the version that it was built with. A new operation at the end of struct
 * vdpa_migration_ops does not change the version, because the structure contains its size. Every
 * other change does.
 */
#define VDPA_MIGRATION_VERSION	1

/* For vdpa_mgmtdev_register_migration() only, which parents call. */
int __vdpa_mgmtdev_register_migration(unsigned int version, struct vdpa_mgmt_dev *mdev,
				      const struct vdpa_migration_ops *ops);

/**
 * vdpa_mgmtdev_register_migration - register a management device with migration operations
 * @mdev: the management device
 * @ops: its migration operations; copied. A core without migration, or with another
 *	VDPA_MIGRATION_VERSION, ignores them
 *
 * Context: may sleep.
 * Return: as vdpa_mgmtdev_register(); -EINVAL also if @ops has no size or an incomplete group of
 * operations.
 */
static inline int vdpa_mgmtdev_register_migration(struct vdpa_mgmt_dev *mdev,
						  const struct vdpa_migration_ops *ops)
{
	int (*reg)(unsigned int version, struct vdpa_mgmt_dev *mdev,
		   const struct vdpa_migration_ops *ops);
	int err;

	reg = symbol_get(__vdpa_mgmtdev_register_migration);
	if (!reg)
		return vdpa_mgmtdev_register(mdev);
	err = reg(VDPA_MIGRATION_VERSION, mdev, ops);
	symbol_put(__vdpa_mgmtdev_register_migration);
	return err;
}

static inline int vdpa_migration_add_u64(struct vdpa_migration_list *list, const char *name,
					 const char *rule, u64 num)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "u64", .rule = rule, .has_value = true, .num = num,
	};

	return list->add(list, &attr);
}

static inline int vdpa_migration_add_string(struct vdpa_migration_list *list, const char *name,
					    const char *rule, const char *string)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "string", .rule = rule, .has_value = true, .string = string,
	};

	return list->add(list, &attr);
}

/* Rule "superset": the target's set must have all members. */
static inline int vdpa_migration_add_set(struct vdpa_migration_list *list, const char *name,
					 const char *const *members, unsigned int n)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "set", .rule = "superset", .has_value = true,
		.members = members, .n_members = n,
	};

	return list->add(list, &attr);
}

/* Rule "contains": the target's range must include this one. */
static inline int vdpa_migration_add_range(struct vdpa_migration_list *list, const char *name,
					   u64 first, u64 last)
{
	struct vdpa_migration_attribute attr = {
		.name = name, .type = "range", .rule = "contains", .has_value = true,
		.first = first, .last = last,
	};

	return list->add(list, &attr);
}

/**
 * vdpa_migration_add_version - declare the version of the state that a parent saves and loads
 * @list: description of a device or management device
 * @version: "major.minor.bugfix"
 * @accepts: the other versions whose state it loads, e.g. "2.0.2-2.0.4,2.1.0-";
 *	NULL: only those that the rule allows
 *
 * Return: as the list's add operation.
 */
static inline int vdpa_migration_add_version(struct vdpa_migration_list *list,
					     const char *version, const char *accepts)
{
	struct vdpa_migration_attribute attr = {
		.name = "software_version", .type = "version", .rule = "version",
		.has_value = true, .string = version, .accepts = accepts,
	};

	return list->add(list, &attr);
}

#endif
