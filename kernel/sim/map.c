// SPDX-License-Identifier: GPL-2.0-only
/*
 * Access to the driver's memory by the addresses in a ring.
 *
 * Three kinds of drivers use three kinds of addresses:
 *
 * - The kernel's own virtio drivers map through the DMA API of the device, which has no IOMMU:
 *   addresses are physical. The driver is trusted, as with any device.
 *
 * - A user with a bound mm maps its own virtual addresses: they are accessed in its address space.
 *
 * - A user whose pages the bus driver has pinned maps physical addresses. Each page is referenced
 *   here while it is mapped, because the bus driver unpins it before it unmaps it.
 *
 * The last two can access only memory that they have mapped. Mapped memory is accessed only with
 * map_lock held, so that no access follows an unmap. A user page that is not present is faulted in
 * without the lock, and the address is then looked up again.
 */
#include <linux/highmem.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>

#include "sim.h"

static bool use_va = true;
module_param(use_va, bool, 0444);
MODULE_PARM_DESC(use_va, "Work in the user's address space (shared mappings only) instead of on pinned pages");

static unsigned int max_iotlb_entries = 2048;
module_param(max_iotlb_entries, uint, 0444);
MODULE_PARM_DESC(max_iotlb_entries, "Mappings per address space (default 2048)");

/* After so many faults on a page its user is removing it on purpose. */
#define FAULT_TRIES	16

/**
 * struct piece - the part of an access within one page of one mapping
 * @addr: physical or user address
 * @len: bytes
 */
struct piece {
	u64 addr;
	u32 len;
};

/* Return: whether the driver's addresses are virtual ones of the mm that the worker uses. */
static bool in_user_mm(const struct vdpasim *sim)
{
	return sim->vdpa.use_va && !sim->kernel_driver;
}

/* Under map_lock, except with virtio_vdpa. */
static int translate(struct vdpasim_vq *vq, u64 iova, u32 len, u32 perm, struct piece *piece)
{
	struct vhost_iotlb_map *map;

	if (vq->sim->kernel_driver) {
		piece->addr = iova;
	} else {
		map = vhost_iotlb_itree_first(vq->iotlb, iova, iova);
		if (!map || (map->perm & perm) != perm)
			return -EFAULT;
		piece->addr = map->addr + (iova - map->start);
		len = min_t(u64, len - 1, map->last - iova) + 1;
	}
	piece->len = min_t(u32, len, PAGE_SIZE - offset_in_page(piece->addr));
	return 0;
}

/*
 * An aligned 16-bit word is copied atomically: one side writes ring indices while the other reads.
 */
static bool is_word(const struct piece *piece)
{
	return piece->len == sizeof(u16) && IS_ALIGNED(piece->addr, sizeof(u16));
}

static int copy_phys(const struct piece *piece, void *buf, u32 perm)
{
	unsigned long pfn = PHYS_PFN(piece->addr);
	void *mem;

	if (!pfn_valid(pfn))
		return -EFAULT;

	mem = kmap_local_page(pfn_to_page(pfn)) + offset_in_page(piece->addr);
	if (is_word(piece) && perm == VHOST_MAP_WO)
		WRITE_ONCE(*(u16 *)mem, *(u16 *)buf);
	else if (is_word(piece))
		*(u16 *)buf = READ_ONCE(*(u16 *)mem);
	else if (perm == VHOST_MAP_WO)
		memcpy(mem, buf, piece->len);
	else
		memcpy(buf, mem, piece->len);
	kunmap_local(mem);
	return 0;
}

/* Return: 0, -EFAULT, or -EAGAIN if a page must be faulted in first. */
static int copy_user(const struct piece *piece, void *buf, u32 perm)
{
	void __user *mem = u64_to_user_ptr(piece->addr);
	unsigned long left;

	if (!current->mm || !access_ok(mem, piece->len))
		return -EFAULT;

	pagefault_disable();
	if (is_word(piece) && perm == VHOST_MAP_WO)
		left = __put_user(*(u16 *)buf, (u16 __user *)mem);
	else if (is_word(piece))
		left = __get_user(*(u16 *)buf, (u16 __user *)mem);
	else if (perm == VHOST_MAP_WO)
		left = __copy_to_user_inatomic(mem, buf, piece->len);
	else
		left = __copy_from_user_inatomic(buf, mem, piece->len);
	pagefault_enable();
	return left ? -EAGAIN : 0;
}

static int fault_in(const struct piece *piece, u32 perm)
{
	char __user *mem = u64_to_user_ptr(piece->addr);
	size_t left;

	if (perm == VHOST_MAP_WO)
		left = fault_in_safe_writeable(mem, piece->len);
	else
		left = fault_in_readable(mem, piece->len);
	return left ? -EFAULT : 0;
}

static int copy_mapped(struct vdpasim_vq *vq, u64 iova, void *buf, u32 len, u32 perm,
		       struct piece *piece)
{
	bool user = in_user_mm(vq->sim);
	int tries, err;

	for (tries = 0; tries < FAULT_TRIES; tries++) {
		read_lock(&vq->sim->map_lock);
		err = translate(vq, iova, len, perm, piece);
		if (!err)
			err = user ? copy_user(piece, buf, perm) : copy_phys(piece, buf, perm);
		read_unlock(&vq->sim->map_lock);
		if (err != -EAGAIN)
			return err;
		err = fault_in(piece, perm);
		if (err)
			return err;
	}
	return -EFAULT;
}

static int copy(struct vdpasim_vq *vq, u64 iova, void *buf, u32 len, u32 perm)
{
	struct piece piece;
	int err;

	while (len) {
		if (vq->sim->kernel_driver)
			err = translate(vq, iova, len, perm, &piece) ?:
			      copy_phys(&piece, buf, perm);
		else
			err = copy_mapped(vq, iova, buf, len, perm, &piece);
		if (err)
			return err;
		iova += piece.len;
		buf += piece.len;
		len -= piece.len;
	}
	return 0;
}

/**
 * vdpasim_read - read the driver's memory
 * @vq: on behalf of this queue; its lock is held
 * @iova: from here
 * @buf: to here
 * @len: bytes
 *
 * May sleep. Return: 0, or -EFAULT if not all of it is mapped readable.
 */
int vdpasim_read(struct vdpasim_vq *vq, u64 iova, void *buf, u32 len)
{
	return copy(vq, iova, buf, len, VHOST_MAP_RO);
}

static noinline int write_noted(struct vdpasim_vq *vq, u64 iova, const void *buf, u32 len)
{
	int err = copy(vq, iova, (void *)buf, len, VHOST_MAP_WO);

	if (len)
		vdpasim_dirty_note(vq, iova, len);
	return err;
}

/**
 * vdpasim_write - write the driver's memory
 * @vq: on behalf of this queue; its lock is held
 * @iova: to here
 * @buf: from here
 * @len: bytes
 *
 * Marks the pages if tracking is on. May sleep. Return: 0, or -EFAULT if not all of it is mapped
 * writable: then the part before the fault is written.
 */
int vdpasim_write(struct vdpasim_vq *vq, u64 iova, const void *buf, u32 len)
{
	/* Without tracking this costs only a branch. */
	if (unlikely(vq->dirty))
		return write_noted(vq, iova, buf, len);
	return copy(vq, iova, (void *)buf, len, VHOST_MAP_WO);
}
EXPORT_SYMBOL_GPL(vdpasim_write);

/**
 * vdpasim_read16 - read a little-endian 16-bit word atomically
 * @vq: on behalf of this queue; its lock is held
 * @iova: from here
 * @val: destination, in CPU byte order
 *
 * May sleep. Return: 0 or -EFAULT.
 */
int vdpasim_read16(struct vdpasim_vq *vq, u64 iova, u16 *val)
{
	__le16 word;
	int err;

	err = vdpasim_read(vq, iova, &word, sizeof(word));
	if (!err)
		*val = le16_to_cpu(word);
	return err;
}

/**
 * vdpasim_write16 - write a little-endian 16-bit word atomically
 * @vq: on behalf of this queue; its lock is held
 * @iova: to here
 * @val: value, in CPU byte order
 *
 * May sleep. Return: 0 or -EFAULT.
 */
int vdpasim_write16(struct vdpasim_vq *vq, u64 iova, u16 val)
{
	__le16 word = cpu_to_le16(val);

	return vdpasim_write(vq, iova, &word, sizeof(word));
}

/* Put the pages from @addr up to, not including, @end. */
static void put_pages(u64 addr, u64 end)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(addr); pfn < PFN_UP(end); pfn++) {
		put_page(pfn_to_page(pfn));
		cond_resched();
	}
}

static int hold_pages(u64 addr, u64 end)
{
	unsigned long pfn;

	for (pfn = PHYS_PFN(addr); pfn < PFN_UP(end); pfn++) {
		if (!pfn_valid(pfn) || !folio_try_get(page_folio(pfn_to_page(pfn)))) {
			put_pages(addr, PFN_PHYS(pfn));
			return -EINVAL;
		}
		cond_resched();
	}
	return 0;
}

/* Remove every mapping that overlaps [iova, last]. */
static void unmap(struct vdpasim *sim, unsigned int asid, u64 iova, u64 last)
{
	struct vhost_iotlb *iotlb = &sim->iotlbs[asid];
	struct vhost_iotlb_map *map;
	u64 addr, end;

	for (;;) {
		write_lock(&sim->map_lock);
		map = vhost_iotlb_itree_first(iotlb, iova, last);
		if (!map) {
			write_unlock(&sim->map_lock);
			return;
		}
		addr = map->addr;
		end = addr + map->size;
		vhost_iotlb_map_free(iotlb, map);
		write_unlock(&sim->map_lock);

		if (!sim->vdpa.use_va)
			put_pages(addr, end);
	}
}

int vdpasim_dma_map(struct vdpa_device *vdpa, unsigned int asid, u64 iova, u64 size, u64 addr,
		    u32 perm, void *opaque)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	if (asid >= vdpa->nas || !size || iova + size - 1 < iova || addr + size < addr)
		return -EINVAL;

	if (!vdpa->use_va) {
		err = hold_pages(addr, addr + size);
		if (err)
			return err;
	}

	write_lock(&sim->map_lock);
	err = vhost_iotlb_add_range(&sim->iotlbs[asid], iova, iova + size - 1, addr, perm);
	write_unlock(&sim->map_lock);

	if (err && !vdpa->use_va)
		put_pages(addr, addr + size);
	return err;
}

int vdpasim_dma_unmap(struct vdpa_device *vdpa, unsigned int asid, u64 iova, u64 size)
{
	if (asid >= vdpa->nas || !size)
		return -EINVAL;

	unmap(vdpa_to_sim(vdpa), asid, iova, iova + size - 1);
	return 0;
}

int vdpasim_reset_map(struct vdpa_device *vdpa, unsigned int asid)
{
	if (asid >= vdpa->nas)
		return -EINVAL;

	unmap(vdpa_to_sim(vdpa), asid, 0, U64_MAX);
	return 0;
}

static void change_mm(struct vdpasim *sim, struct mm_struct *mm)
{
	struct mm_struct *old;

	if (mm)
		mmgrab(mm);
	spin_lock(&sim->state_lock);
	old = sim->mm;
	sim->mm = mm;
	spin_unlock(&sim->state_lock);
	if (old)
		mmdrop(old);
}

int vdpasim_bind_mm(struct vdpa_device *vdpa, struct mm_struct *mm)
{
	change_mm(vdpa_to_sim(vdpa), mm);
	return 0;
}

void vdpasim_unbind_mm(struct vdpa_device *vdpa)
{
	change_mm(vdpa_to_sim(vdpa), NULL);
}

/**
 * vdpasim_enter_mm - let a worker use the driver's address space
 * @sim: device
 * @mm: set to the mm, for vdpasim_leave_mm()
 *
 * Return: false if the address space is gone with its process.
 */
bool vdpasim_enter_mm(struct vdpasim *sim, struct mm_struct **mm)
{
	bool there = true;

	spin_lock(&sim->state_lock);
	*mm = sim->mm;
	if (*mm)
		there = mmget_not_zero(*mm);
	spin_unlock(&sim->state_lock);

	if (*mm && there)
		kthread_use_mm(*mm);
	return there;
}

/**
 * vdpasim_leave_mm - undo vdpasim_enter_mm()
 * @mm: the mm from vdpasim_enter_mm()
 */
void vdpasim_leave_mm(struct mm_struct *mm)
{
	if (!mm)
		return;
	kthread_unuse_mm(mm);
	mmput(mm);
}

/**
 * vdpasim_use_va - check whether users map virtual addresses
 *
 * Return: the module parameter use_va.
 */
bool vdpasim_use_va(void)
{
	return use_va;
}

/**
 * vdpasim_maps_init - create the empty address spaces of a new device
 * @sim: device
 *
 * Return: 0 or -ENOMEM.
 */
int vdpasim_maps_init(struct vdpasim *sim)
{
	unsigned int i;

	rwlock_init(&sim->map_lock);
	sim->iotlbs = kcalloc(sim->vdpa.nas, sizeof(*sim->iotlbs), GFP_KERNEL);
	if (!sim->iotlbs)
		return -ENOMEM;

	for (i = 0; i < sim->vdpa.nas; i++)
		vhost_iotlb_init(&sim->iotlbs[i], max_iotlb_entries, 0);
	return 0;
}

/**
 * vdpasim_maps_free - free the address spaces of a device, with their mappings
 * @sim: device whose queues are freed
 */
void vdpasim_maps_free(struct vdpasim *sim)
{
	unsigned int i;

	if (sim->iotlbs)
		for (i = 0; i < sim->vdpa.nas; i++)
			unmap(sim, i, 0, U64_MAX);
	kfree(sim->iotlbs);
	change_mm(sim, NULL);
}

/* Return: the group of a queue. Must not sleep. */
u32 vdpasim_vq_group(struct vdpasim *sim, u16 idx)
{
	const struct vdpasim_class *class = sim->parent->class;

	return class->vq_group ? class->vq_group(sim, idx) : 0;
}

/* Under sim->lock: set the address space and the dirty page tracking of each queue by its group. */
void vdpasim_place_queues(struct vdpasim *sim)
{
	struct vdpasim_vq *vq;
	unsigned int asid;
	u16 i;

	for (i = 0; i < sim->nvqs; i++) {
		vq = &sim->vqs[i];
		asid = sim->group_asid[vdpasim_vq_group(sim, i)];
		mutex_lock(&vq->lock);
		vq->iotlb = &sim->iotlbs[asid];
		vdpasim_dirty_place(vq, asid);
		mutex_unlock(&vq->lock);
	}
}
