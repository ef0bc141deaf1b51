import type { Bind } from '../cli/command.ts'
import type { Command } from 'commander'

export function configure (_command: Command, _bind: Bind): void {}
