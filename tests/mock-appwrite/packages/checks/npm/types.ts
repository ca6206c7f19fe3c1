import { startMockAppwrite, type MockAppwrite } from 'mock-appwrite';
import { mockAppwrite } from 'mock-appwrite/jest';
import { mockAppwrite as underNode } from 'mock-appwrite/node-test';
import { mockAppwrite as underVitest } from 'mock-appwrite/vitest';

export async function start(): Promise<string> {
  const appwrite: MockAppwrite = await startMockAppwrite({ profile: '2.7' });
  const { userId } = await appwrite.control<{ userId: string }>('POST', '/users', { email: 'ada@example.com' });
  await appwrite.close();
  return userId;
}

export const endpoints: string[] = [mockAppwrite().endpoint, underNode().endpoint, underVitest().endpoint];

// @ts-expect-error There is no such profile.
mockAppwrite({ profile: '3' });
// @ts-expect-error It is ended by the hook.
mockAppwrite().close();
