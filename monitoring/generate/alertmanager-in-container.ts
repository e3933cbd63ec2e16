/** Text of compose/alertmanager.yml: 127.0.0.1 is the container there, and receivers are on the host. */
export function alertmanagerInContainer(alertmanagerYml: string): string {
  const text = alertmanagerYml.replaceAll('//127.0.0.1:', '//host.docker.internal:');
  return `# Written by \`npm run monitoring\` of alertmanager.yml: do not change it here.\n${text}`;
}
