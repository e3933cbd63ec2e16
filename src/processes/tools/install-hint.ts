import { arch as ownArch, platform as ownPlatform } from 'node:process';
import type { ToolSpec } from './tool-spec.js';

const RELEASE_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386' };

/** The one command that provides the tool on this system. */
export function installHint(
  tool: ToolSpec,
  { platform = ownPlatform as string, arch = ownArch as string, goIsHeldBack = false } = {},
): string {
  // Go is there and could fetch the release it lacks, were it not told not to.
  if (goIsHeldBack) return 'GOTOOLCHAIN=auto npx stormglass tools install';
  if (tool.name === 'nats-server') {
    if (platform === 'darwin') return 'brew install nats-server';
    const release = RELEASE_ARCH[arch];
    if (platform === 'linux' && release !== undefined) {
      const name = `nats-server-v${tool.version}-linux-${release}`;
      const archive = `https://github.com/nats-io/nats-server/releases/download/v${tool.version}/${name}.tar.gz`;
      return `curl -fL ${archive} | sudo tar -xz -C /usr/local/bin --strip-components=1 ${name}/nats-server`;
    }
  }
  if (tool.name === 'toxiproxy') {
    const release = RELEASE_ARCH[arch];
    if ((platform === 'linux' || platform === 'darwin') && release !== undefined && release !== '386') {
      const file = `https://github.com/Shopify/toxiproxy/releases/download/v${tool.version}/toxiproxy-server-${platform}-${release}`;
      return `curl -fL ${file} | sudo install -m 755 /dev/stdin /usr/local/bin/toxiproxy-server`;
    }
  }
  return `npx stormglass tools install ${tool.name}   (after Go was installed: https://go.dev/dl)`;
}
