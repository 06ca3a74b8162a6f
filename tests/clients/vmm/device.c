// SPDX-License-Identifier: GPL-2.0-or-later
/* A vhost-vdpa character device. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../vhost_newer.h"
#include "vmm.h"

#define PAGE	4096UL

static void call(const struct vmm *vmm, unsigned long request, void *arg, const char *name)
{
	if (ioctl(vmm->fd, request, arg))
		vmm_fail_errno(name);
}

#define CALL(vmm, request, arg) call(vmm, request, arg, #request)

/* Shared, as a parent that works on user addresses takes no other. @at: where; NULL: anywhere. */
void *vmm_memory(void *at, size_t size)
{
	int memfd = memfd_create("vmm", MFD_CLOEXEC);
	void *mem;

	if (memfd < 0 || ftruncate(memfd, size))
		vmm_fail_errno("memfd");
	mem = mmap(at, size, PROT_READ | PROT_WRITE,
		   MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0), memfd, 0);
	if (mem == MAP_FAILED)
		vmm_fail_errno("mmap");
	close(memfd);
	return mem;
}

/* The device of a character device. */
static void find_name(struct vmm *vmm)
{
	char link[64], target[512];
	struct stat node;
	char *end;
	ssize_t len;

	if (fstat(vmm->fd, &node))
		vmm_fail_errno("stat");
	/* .../DEVICE/vhost-vdpa-N */
	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u", major(node.st_rdev), minor(node.st_rdev));
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		vmm_fail_errno(link);
	target[len] = '\0';
	end = strstr(target, "/vhost-vdpa-");
	if (!end)
		vmm_fail("%s is no vDPA device", target);
	*end = '\0';
	snprintf(vmm->name, sizeof(vmm->name), "%s", basename(target));
}

/* Opens the device and gives it nothing yet. */
void vmm_attach(struct vmm *vmm, const char *path)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	uint64_t backend = 1ULL << VHOST_BACKEND_F_IOTLB_MSG_V2;

	/* A parent that works on pinned pages asks for it. */
	if (setrlimit(RLIMIT_MEMLOCK, &unlimited))
		vmm_fail_errno("setrlimit");

	vmm->fd = open(path, O_RDWR | O_CLOEXEC);
	if (vmm->fd < 0)
		vmm_fail_errno(path);
	find_name(vmm);
	CALL(vmm, VHOST_SET_OWNER, NULL);
	CALL(vmm, VHOST_SET_BACKEND_FEATURES, &backend);
	CALL(vmm, VHOST_VDPA_GET_DEVICE_ID, &vmm->device_id);
}

/* Closes the device, if it is open. vhost-vdpa resets it. */
void vmm_detach(struct vmm *vmm)
{
	if (vmm->fd > 0)
		close(vmm->fd);
	if (vmm->config_call > 0)
		close(vmm->config_call);
	vmm->fd = -1;
	vmm->config_call = -1;
}

/* Opens the device and gives it nothing yet; @mem_size bytes of memory are there to be given. */
void vmm_open(struct vmm *vmm, const char *path, size_t mem_size)
{
	memset(vmm, 0, sizeof(*vmm));
	vmm_attach(vmm, path);
	vmm->mem = vmm_memory(NULL, mem_size);
	vmm->mem_size = mem_size;
	vmm->vqs = calloc(VMM_VQS_MAX, sizeof(*vmm->vqs));
	if (!vmm->vqs)
		vmm_fail_errno("calloc");
}

static void set_status(struct vmm *vmm, uint8_t status)
{
	CALL(vmm, VHOST_VDPA_SET_STATUS, &status);
}

uint8_t vmm_status(const struct vmm *vmm)
{
	uint8_t status;

	CALL(vmm, VHOST_VDPA_GET_STATUS, &status);
	return status;
}

/* Up to FEATURES_OK, with those of the @wanted features that the device has. */
void vmm_negotiate(struct vmm *vmm, uint64_t wanted)
{
	uint64_t features;

	set_status(vmm, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	set_status(vmm, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	CALL(vmm, VHOST_GET_FEATURES, &features);
	wanted |= 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_F_ACCESS_PLATFORM;
	vmm->features = features & wanted;
	CALL(vmm, VHOST_SET_FEATURES, &vmm->features);
	set_status(vmm, VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER |
			VIRTIO_CONFIG_S_FEATURES_OK);
	if (!(vmm_status(vmm) & VIRTIO_CONFIG_S_FEATURES_OK))
		vmm_fail("the device does not take its own features");
}

static void iotlb(struct vmm *vmm, uint8_t type, uint64_t iova, void *mem, size_t size,
		  uint8_t perm)
{
	struct vhost_msg_v2 msg = {
		.type = VHOST_IOTLB_MSG_V2,
		.iotlb = {
			.iova = iova,
			.size = size,
			.uaddr = (uintptr_t)mem,
			.perm = perm,
			.type = type,
		},
	};

	if (write(vmm->fd, &msg, sizeof(msg)) != sizeof(msg))
		vmm_fail_errno(type == VHOST_IOTLB_UPDATE ? "map" : "unmap");
}

void vmm_map(struct vmm *vmm, uint64_t iova, void *mem, size_t size, bool writable)
{
	iotlb(vmm, VHOST_IOTLB_UPDATE, iova, mem, size,
	      writable ? VHOST_ACCESS_RW : VHOST_ACCESS_RO);
}

/* All of our memory, at VMM_IOVA. */
void vmm_share(struct vmm *vmm)
{
	vmm_map(vmm, VMM_IOVA, vmm->shown ? vmm->shown : vmm->mem, vmm->mem_size, true);
}

void vmm_unmap(struct vmm *vmm, uint64_t iova, size_t size)
{
	iotlb(vmm, VHOST_IOTLB_INVALIDATE, iova, NULL, size, 0);
}

/* Memory that the device can be told of, from the start of a page. There is no way to free it. */
void *vmm_alloc(struct vmm *vmm, size_t size)
{
	void *mem = vmm->mem + vmm->mem_used;

	size = (size + PAGE - 1) & ~(PAGE - 1);
	if (size > vmm->mem_size - vmm->mem_used)
		vmm_fail("%zu bytes of memory are too few", vmm->mem_size);
	vmm->mem_used += size;
	return mem;
}

uint64_t vmm_iova(const struct vmm *vmm, const void *mem)
{
	return VMM_IOVA + ((const uint8_t *)mem - vmm->mem);
}

static int new_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		vmm_fail_errno("eventfd");
	return fd;
}

/* What the device and we tell each other with. */
void vmm_vq_events(struct vmm_vq *vq)
{
	vq->kick = new_eventfd();
	vq->call = new_eventfd();
}

void vmm_set_vq_base(const struct vmm *vmm, unsigned int index, uint32_t base)
{
	struct vhost_vring_state state = { .index = index, .num = base };

	CALL(vmm, VHOST_SET_VRING_BASE, &state);
}

/* Shows the device a ring that is there, whatever is in it. */
void vmm_connect_vq(struct vmm *vmm, unsigned int index)
{
	struct vhost_vring_state num = { .index = index, .num = VMM_VQ_SIZE };
	struct vhost_vring_state enable = { .index = index, .num = 1 };
	const struct vmm_vq *vq = &vmm->vqs[index];
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = vmm_iova(vmm, vq->desc),
		.avail_user_addr = vmm_iova(vmm, vq->avail),
		.used_user_addr = vmm_iova(vmm, vq->used),
	};
	struct vhost_vring_file kick = { .index = index, .fd = vq->kick };
	struct vhost_vring_file intr = { .index = index, .fd = vq->call };

	CALL(vmm, VHOST_SET_VRING_NUM, &num);
	CALL(vmm, VHOST_SET_VRING_ADDR, &addr);
	CALL(vmm, VHOST_SET_VRING_KICK, &kick);
	CALL(vmm, VHOST_SET_VRING_CALL, &intr);
	CALL(vmm, VHOST_VDPA_SET_VRING_ENABLE, &enable);
}

static void setup_vq(struct vmm *vmm, unsigned int index, uint16_t first)
{
	struct vmm_vq *vq = &vmm->vqs[index];

	if (!vq->desc) {
		vq->index = index;
		vq->desc = vmm_alloc(vmm, VMM_VQ_SIZE * sizeof(*vq->desc));
		vq->avail = vmm_alloc(vmm, sizeof(*vq->avail) + (VMM_VQ_SIZE + 1) * 2);
		vq->used = vmm_alloc(vmm, sizeof(*vq->used) + VMM_VQ_SIZE * 8 + 2);
		vmm_vq_events(vq);
	}
	vmm_vq_init(vq, first);
	vmm_set_vq_base(vmm, index, first);
	vmm_connect_vq(vmm, index);
}

/* The first @n queues of the device, with empty rings whose indices start at @first. */
void vmm_setup_vqs(struct vmm *vmm, unsigned int n, uint16_t first)
{
	unsigned int i;

	if (n > vmm_vqs_count(vmm) || n > VMM_VQS_MAX)
		vmm_fail("%u queues are more than there are", n);
	for (i = 0; i < n; i++)
		setup_vq(vmm, i, first);
	vmm->nvqs = n;
}

void vmm_start(struct vmm *vmm)
{
	set_status(vmm, vmm_status(vmm) | VIRTIO_CONFIG_S_DRIVER_OK);
}

void vmm_reset(struct vmm *vmm)
{
	set_status(vmm, 0);
}

unsigned int vmm_vqs_count(const struct vmm *vmm)
{
	uint32_t n;

	CALL(vmm, VHOST_VDPA_GET_VQS_COUNT, &n);
	return n;
}

void vmm_config(const struct vmm *vmm, uint32_t offset, void *buf, uint32_t len)
{
	struct vhost_vdpa_config *config = calloc(1, sizeof(*config) + len);

	if (!config)
		vmm_fail_errno("calloc");
	config->off = offset;
	config->len = len;
	CALL(vmm, VHOST_VDPA_GET_CONFIG, config);
	memcpy(buf, config->buf, len);
	free(config);
}

/* Sets a bit of the status, and waits until it is there and the other one is not. */
static void exchange_status(struct vmm *vmm, uint8_t set, uint8_t other)
{
	uint64_t end = vmm_now_ms() + 60000;
	uint8_t status = vmm_status(vmm) | set;

	set_status(vmm, status);
	while ((vmm_status(vmm) & (set | other)) != set)
		if (vmm_now_ms() > end)
			vmm_fail("no answer to status %u, but %u", status, vmm_status(vmm));
}

/* By virtio's own suspend, where that was negotiated. */
void vmm_suspend(struct vmm *vmm)
{
	if (vmm->features & VMM_F_SUSPEND)
		exchange_status(vmm, VMM_S_SUSPEND, VIRTIO_CONFIG_S_DRIVER_OK);
	else
		CALL(vmm, VHOST_VDPA_SUSPEND, NULL);
}

void vmm_resume(struct vmm *vmm)
{
	if (vmm->features & VMM_F_SUSPEND)
		exchange_status(vmm, VIRTIO_CONFIG_S_DRIVER_OK, VMM_S_SUSPEND);
	else
		CALL(vmm, VHOST_VDPA_RESUME, NULL);
}

/* The device's place in the available ring. */
uint16_t vmm_vq_base(const struct vmm *vmm, unsigned int index)
{
	struct vhost_vring_state base = { .index = index };

	CALL(vmm, VHOST_GET_VRING_BASE, &base);
	return base.num;
}

/* From now on until the next reset, changes of the config space and the status are heard of. */
void vmm_watch_config(struct vmm *vmm)
{
	if (vmm->config_call <= 0)
		vmm->config_call = new_eventfd();
	CALL(vmm, VHOST_VDPA_SET_CONFIG_CALL, &vmm->config_call);
}

/* Returns whether there was one within @ms. */
bool vmm_wait_config(struct vmm *vmm, int ms)
{
	struct pollfd poll_fd = { .fd = vmm->config_call, .events = POLLIN };
	uint64_t count;

	if (poll(&poll_fd, 1, ms) != 1)
		return false;
	return read(vmm->config_call, &count, sizeof(count)) == sizeof(count);
}
